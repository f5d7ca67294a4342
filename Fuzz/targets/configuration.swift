import Bytes
import Documents
import GatewayCore

private let descriptors = bytesOfFile("../Benchmarks/rig/items.pb")
private let standard = Array(
    """
    services:
      - { name: http, protocol: http, addresses: ['127.0.0.1:1'], openapi: api.yaml }
    """.utf8)
private let standardGRPC = Array(
    """
    services:
      - { name: grpc, protocol: grpc, addresses: ['127.0.0.1:1'], openapi: api.yaml, descriptors: items.pb }
    """.utf8)

/// A configuration file and an OpenAPI document, split at the first NUL; an empty file means a small one around the document, for HTTP or,
/// when the document starts with `#`, for gRPC. Loading answers a snapshot or says what is wrong and where, and the same the second time.
func fuzz(_ input: ByteView) {
    let split = input.firstIndex(of: 0) ?? input.count
    let document = Array(input[min(split + 1, input.count), input.count])
    let configuration = split > 0 ? Array(input[0, split]) : document.first == UInt8(ascii: "#") ? standardGRPC : standard
    let once = load(configuration, document)
    expect(load(configuration, document) == once, "loading is repeatable")
}

private func load(_ configuration: [UInt8], _ document: [UInt8]) -> [Finding] {
    let source = FileSource { path in
        switch path {
        case "gateway.yaml": .success(configuration)
        case "api.yaml": .success(document)
        case "items.pb": .success(descriptors)
        default: .failure(FileSource.Fault("no such file"))
        }
    }
    let loaded = PlatformConfiguration.load(file: "gateway.yaml", environment: [:], source: source)
    expect(
        (loaded.configuration == nil) == loaded.findings.hasErrors, "there is a configuration exactly when no finding is an error"
    )
    check(loaded.findings)
    guard let configuration = loaded.configuration else { return loaded.findings }
    let compiled = SnapshotCompiler.compile(configuration, file: "gateway.yaml", source: source, generation: 1)
    expect((compiled.snapshot == nil) == compiled.findings.hasErrors, "there is a snapshot exactly when no finding is an error")
    check(compiled.findings)
    return loaded.findings + compiled.findings
}

private func check(_ findings: [Finding]) {
    for finding in findings {
        expect(!finding.file.isEmpty && finding.line >= 0, "a finding has a place")
        expect(!finding.message.isEmpty, "a finding says what is wrong")
        let isLabel = finding.code.utf8.allSatisfy { ASCII.isDigit($0) || ($0 &- 97 < 26) || $0 == UInt8(ascii: "-") }
        expect(isLabel && !finding.code.isEmpty, "a code can be a label: \(finding.code)")
    }
}
