import Documents
import GatewayCore

/// `load`: the findings of an OpenAPI document, as the gateway would report them at its start.
///
/// `files` gives further files by path, as text; `as` may be `configuration`, then the document is a platform configuration.
func load(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    var files: [String: [UInt8]] = [:]
    for (path, text) in arguments["files"]?.entries ?? [] { files[path] = text.document }
    let document = try arguments.required("document").document
    if arguments["as"]?.text == "configuration" {
        files[configurationFile] = document
    } else {
        files["openapi.yaml"] = document
        files[configurationFile] = Array(oneService.utf8)
    }
    let findings = compile(files).filter { $0.file != configurationFile || arguments["as"] != nil }
    return [
        "findings": .list(
            findings.map { finding in
                .object([
                    "severity": .text(finding.severity.rawValue), "file": .text(finding.file), "line": .integer(finding.line),
                    "pointer": .text(finding.pointer), "code": .text(finding.code), "message": .text(finding.message),
                ])
            })
    ]
}

private let configurationFile = "gateway.yaml"

/// The smallest configuration that serves an OpenAPI document.
private let oneService = """
    services:
      - name: probe
        protocol: http
        addresses: ["127.0.0.1:1"]
        openapi: openapi.yaml
    """

private func compile(_ files: [String: [UInt8]]) -> [Finding] {
    let source = FileSource { path in
        files[path].map { .success($0) } ?? .failure(FileSource.Fault("no such file"))
    }
    let loaded = PlatformConfiguration.load(file: configurationFile, environment: [:], source: source)
    guard let configuration = loaded.configuration else { return loaded.findings }
    let compiled = SnapshotCompiler.compile(configuration, file: configurationFile, source: source, generation: 0)
    return loaded.findings + compiled.findings
}
