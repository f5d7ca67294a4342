import Foundation
import Testing

/// A grpcio server of `Tests/EndToEnd/peers` as a process.
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
            print("SKIPPED: tests against grpcio need Python with Tests/requirements.txt (then GRPCIO_PYTHON=<its python>)")
        }
        return probe.terminationStatus == 0
    }()

    /// The peer with all the services that tests share.
    convenience init(_ arguments: String...) throws { try self.init(script: "python_service.py", arguments) }

    /// A peer that listens once this returns.
    init(script name: String, _ arguments: [String]) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let script = Self.folder.appendingPathComponent(name).path
        process.arguments = ["-c", "exec \(Self.python) \"$@\"", "sh", script] + arguments
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0a { line.append(byte) }
        port = Int(String(decoding: line, as: UTF8.self)) ?? 0
        try #require(port != 0, "the peer did not start; has \(Self.python) what Tests/requirements.txt names?")
    }

    /// Ends it as a crash would: the peer's threads block SIGTERM, and its end is of no interest.
    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    deinit { kill() }
}
