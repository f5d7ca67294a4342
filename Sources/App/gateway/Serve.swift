import ArgumentParser
import GatewayApp
import GatewayCore
import Logging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the gateway until SIGTERM; SIGHUP reloads the configuration.")

    @OptionGroup var source: ConfigurationOptions

    func run() async throws {
        let trap = SignalTrap()
        let loader = PlatformLoader(file: source.config)
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        let logger = Logger(label: "gateway")
        do {
            let gateway = try await GatewayProcess(loader: loader, logger: logger)
            try await gateway.run(stop: trap) { address, adminPort in
                logger.notice("listening", metadata: ["address": "\(address)", "admin": "\(adminPort)"])
            }
        } catch GatewayProcess.StartFault.configuration(let findings) {
            for finding in findings { print("\(finding)", to: &Terminal.error) }
            print("the configuration has errors; nothing was started", to: &Terminal.error)
            throw Exit.refused
        } catch GatewayProcess.StartFault.listen(let message) {
            print("cannot listen on \(message)", to: &Terminal.error)
            throw Exit.unavailable
        } catch GatewayProcess.StartFault.audit(let message) {
            print("cannot start: the audit trail: \(message)", to: &Terminal.error)
            throw Exit.unavailable
        } catch GatewayProcess.StartFault.valkey(let message), GatewayProcess.StartFault.tls(let message),
            GatewayProcess.StartFault.versions(let message), GatewayProcess.StartFault.flags(let message)
        {
            print("cannot start: \(message)", to: &Terminal.error)
            throw Exit.refused
        }
    }
}
