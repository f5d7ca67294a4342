import Bytes
import Foundation
import NIOCore
import NIOPosix
import RESP
import Testing

@testable import Valkey

/// A real server as a process, on ports of its own, with a folder of its own.
final class ValkeyServer: @unchecked Sendable {
    /// The programs to test with: those of `VALKEY_SERVERS`, separated by colons, or the `valkey-server` on the path.
    ///
    /// Where `CI` is `true` there must be one.
    static let programs: [String] = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["VALKEY_SERVERS"], !named.isEmpty { return named.split(separator: ":").map(String.init) }
        let folders = environment["PATH"]?.split(separator: ":") ?? []
        let found = folders.map { "\($0)/valkey-server" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        if let found { return [found] }
        if environment["CI"] == "true" { return ["valkey-server"] }
        print("SKIPPED: tests of Valkey need valkey-server on the path, or VALKEY_SERVERS=<program>:<program>")
        return []
    }()

    static let areThere = !programs.isEmpty

    let port: Int
    let busPort: Int
    let folder: URL
    private let process: Process
    private let output: Pipe

    /// Starts a server and waits until it takes connections.
    init(_ program: String, _ arguments: [String] = [], cluster: Bool = false, tls: Bool = false) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("valkey-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // A port that was free may be taken by the time the server binds it.
        for _ in 0..<5 {
            let ports = (try await Self.freePort(), try await Self.freePort())
            var all = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.path, "--daemonize", "no"]
            all += tls ? ["--port", "0", "--tls-port", "\(ports.0)"] : ["--port", "\(ports.0)"]
            all += ["--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0"]
            if cluster {
                all += ["--cluster-enabled", "yes", "--cluster-port", "\(ports.1)", "--cluster-node-timeout", "1000"]
                all += ["--cluster-replica-validity-factor", "0"]
            }
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [program] + all + arguments
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            process.standardInput = FileHandle.nullDevice
            try process.run()
            if Self.becomesReady(output.fileHandleForReading) {
                (port, busPort) = ports
                self.process = process
                self.output = output
                // Nobody reads its log, which must not fill the pipe.
                output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
                return
            }
            process.waitUntilExit()
        }
        throw StartFailure(program: program)
    }

    struct StartFailure: Error { var program: String }

    deinit { end() }

    private static func becomesReady(_ handle: FileHandle) -> Bool {
        var text = ""
        while !text.contains("Ready to accept connections") {
            let data = handle.availableData
            if data.isEmpty { return false }
            text += String(decoding: data, as: UTF8.self)
        }
        return true
    }

    static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: ValkeyTestRig.group).bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }

    /// Ends it as a crash would.
    func end() {
        output.fileHandleForReading.readabilityHandler = nil
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    /// From now on it accepts connections and answers nothing.
    func hang() { kill(process.processIdentifier, SIGSTOP) }

    func goOn() { kill(process.processIdentifier, SIGCONT) }

    /// Asks this very server, on a connection for these commands alone; the answers as text.
    @discardableResult
    func ask(_ commands: [String]...) throws -> [String] {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        try #require(connected == 0)
        let writer = ByteWriter()
        for command in commands {
            writer.beginRESPCommand(parts: command.count)
            for part in command { writer.appendRESP(utf8: part) }
        }
        _ = send(file, writer.view.base, writer.count, Int32(MSG_NOSIGNAL))
        let parser = RESPParser()
        let input = ByteWriter()
        var answers: [String] = []
        while answers.count < commands.count {
            if case .complete(let length) = parser.parse(input.view), let value = parser.value(in: input.view) {
                answers.append(describe(value))
                input.removeFirst(length)
                continue
            }
            var count = 0
            input.append(room: 4096) {
                count = max(0, recv(file, $0, 4096, 0)); return count
            }
            try #require(count > 0, "the server hung up")
        }
        return answers
    }
}

/// Looks again and again until the condition holds; false when it does not within the time.
func eventually(seconds: Int64 = 30, _ condition: () async throws -> Bool) async throws -> Bool {
    let end = ValkeyTestRig.milliseconds() + seconds * 1000
    while true {
        if try await condition() { return true }
        if ValkeyTestRig.milliseconds() >= end { return false }
        try await ValkeyTestRig.group.next().scheduleTask(in: .milliseconds(10)) {}.futureResult.get()
    }
}
