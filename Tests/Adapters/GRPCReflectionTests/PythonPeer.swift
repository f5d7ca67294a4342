import Foundation
import Testing

/// The grpcio service of `Tests/EndToEnd/peers` as a process.
final class PythonPeer: @unchecked Sendable {
    let port: Int
    private let process = Process()

    /// The interpreter: `GRPCIO_PYTHON`, or `python3`.
    private static let python = ProcessInfo.processInfo.environment["GRPCIO_PYTHON"] ?? "/usr/bin/env python3"

    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../../EndToEnd/peers").standardizedFileURL

    /// Whether the interpreter has what the peer imports; where `CI` is `true` it must.
    static let isAvailable: Bool = {
        if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
        let probe = Process()
        probe.executableURL = URL(fileURLWithPath: "/bin/sh")
        probe.arguments = ["-c", "\(python) -c 'import grpc_reflection, grpc_status, cryptography' 2>/dev/null"]
        do { try probe.run() } catch { return false }
        probe.waitUntilExit()
        if probe.terminationStatus != 0 {
            print("SKIPPED: reflection needs Python with Tests/requirements.txt (then GRPCIO_PYTHON=<its python>)")
        }
        return probe.terminationStatus == 0
    }()

    init(_ arguments: String...) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let script = Self.folder.appendingPathComponent("python_service.py").path
        process.arguments = ["-c", "exec \(Self.python) \"$@\"", "sh", script] + arguments
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0a { line.append(byte) }
        port = Int(String(decoding: line, as: UTF8.self)) ?? 0
        try #require(port != 0, "the peer did not start; has \(Self.python) what Tests/requirements.txt names?")
    }

    deinit {
        // As a crash would: the peer's threads block SIGTERM, and its end is of no interest.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }
}
