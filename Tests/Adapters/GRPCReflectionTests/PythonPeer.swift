import Foundation
import Testing

/// A grpcio server as a process: an implementation that is not ours.
final class PythonPeer: @unchecked Sendable {
    let port: Int
    private let process = Process()
    /// A peer may end when this does.
    private let input = Pipe()

    /// The interpreter: `GRPCIO_PYTHON`, or `python3`.
    private static let python = ProcessInfo.processInfo.environment["GRPCIO_PYTHON"] ?? "/usr/bin/env python3"

    /// Where the peers are that suites share; this file is linked into several of them.
    static let folder: URL = {
        let path = #filePath
        let root = path.range(of: "/Tests/", options: .backwards).map { path[..<$0.lowerBound] } ?? "."
        return URL(fileURLWithPath: "\(root)/Tests/EndToEnd/peers")
    }()

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

    /// The peer with all the services that tests share, once it listens.
    static func services(_ arguments: String...) async throws -> PythonPeer {
        try await start(folder.appendingPathComponent("python_service.py"), arguments)
    }

    /// A peer that listens. Waits on a thread of its own: those of tasks answer the calls of other tests meanwhile.
    static func start(_ script: URL, _ arguments: [String]) async throws -> PythonPeer {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try PythonPeer(script, arguments) }) }
        }
    }

    private init(_ script: URL, _ arguments: [String]) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "exec \(Self.python) \"$@\"", "sh", script.path] + arguments
        process.standardOutput = output
        process.standardInput = input
        try process.run()
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0a { line.append(byte) }
        port = Int(String(decoding: line, as: UTF8.self)) ?? 0
        // Without it every call of every test would wait for its deadline.
        try #require(port != 0, "the peer did not start; has \(Self.python) what Tests/requirements.txt names?")
    }

    /// Ends it as a crash would: the peer's threads block SIGTERM, and its end is of no interest.
    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    deinit { kill() }
}
