import ArgumentParser
import EnvoyEdge
import Foundation
import GatewayApp
import GatewayCore

struct EnvoyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "envoy", abstract: "Starts Envoys that ask the gateway for all they do.",
        subcommands: [Bootstrap.self, Run.self])

    /// Who the Envoy is, and whom it asks.
    struct Identity: ParsableArguments {
        @OptionGroup var source: ConfigurationOptions
        @Option(name: .long, help: "Name of this Envoy; unique among those of the gateway.")
        var node = "envoy"
        @Option(name: .long, help: "Name of the group it belongs to.")
        var cluster = "septem"
        @Option(name: .long, help: "host:port of the gateway's control listener, as seen from the Envoy.")
        var control: String?
        @Option(name: .long, help: "host:port of Envoy's own admin listener; port 0 lets the system choose.")
        var envoyAdmin = "127.0.0.1:19901"
        @Flag(name: .long, help: "Ask for the state of the world instead of what changed.")
        var stateOfTheWorld = false

        func bootstrap() async throws -> EnvoyBootstrap {
            let outcome = await PlatformLoader(file: source.config).load()
            for finding in outcome.errors { print("\(finding)", to: &Terminal.error) }
            guard let configuration = outcome.configuration else { throw Exit.refused }
            var bootstrap = EnvoyBootstrap(configuration)
            bootstrap.node = node
            bootstrap.cluster = cluster
            bootstrap.usesDelta = !stateOfTheWorld
            if let control { bootstrap.control = try Self.address(control, "--control") }
            bootstrap.admin = try Self.address(envoyAdmin, "--envoy-admin")
            return bootstrap
        }

        private static func address(_ text: String, _ option: String) throws -> Service.Address {
            guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
                (0...65535).contains(port), colon > text.startIndex
            else { throw ValidationError("\(option) must be host:port") }
            return Service.Address(host: text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]")), port: port)
        }
    }

    struct Bootstrap: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints what an Envoy is started with (envoy --config-path FILE).",
            discussion: "It names the gateway and nothing else: listeners, routes and certificates come from there.")

        @OptionGroup var identity: Identity

        func run() async throws { print(try await identity.bootstrap().json) }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Runs an installed Envoy, for development: starts it again when it ends, and ends it with us.",
            discussion: "The program is found in --environment, in GATEWAY_ENVOY, or on PATH.")

        @OptionGroup var identity: Identity
        @Option(name: .long, help: "Folder with bin/envoy in it, such as a Python environment.", completion: .directory)
        var environment: String?
        @Option(name: .long, help: "Tells Envoys of one machine apart; default a free one.")
        var baseID: Int?
        @Option(name: .long, help: "Worker threads; default one a core.")
        var concurrency: Int?
        @Option(name: .long, help: "How much Envoy's own log says.")
        var envoyLog = "warning"

        func run() async throws {
            let trap = SignalTrap()
            let bootstrap = try await identity.bootstrap()
            do throws(EnvoySupervisor.Fault) {
                let program = try EnvoySupervisor.find(
                    in: environment, environment: ProcessInfo.processInfo.environment)
                try await EnvoySupervisor(
                    executable: program, baseID: baseID, concurrency: concurrency, logLevel: envoyLog
                ).run(bootstrap, stop: trap) { print($0, to: &Terminal.error) }
            } catch {
                print(error.message, to: &Terminal.error)
                throw Exit.unavailable
            }
        }
    }
}
