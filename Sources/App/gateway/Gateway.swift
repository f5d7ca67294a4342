import ArgumentParser
import GatewayApp

@main
struct Gateway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway", abstract: "The API gateway of a multi-tenant platform.", version: Version.current,
        subcommands: [
            Serve.self, Check.self, Explain.self, Diff.self, Routes.self, Drift.self, Module.self, Audit.self, Xds.self,
            EnvoyCommand.self,
            Deprecate.self, Flags.self, Token.self, Problems.self, Completions.self, ShowVersion.self,
        ], defaultSubcommand: nil)
}

/// How a command prints its result.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

/// The option every command with a result has.
struct OutputOptions: ParsableArguments {
    @Option(name: .long, help: "Print the result as text or json.")
    var output = OutputFormat.text
}

/// The option every command that reads the configuration has.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: [.long, .short], help: "The platform's configuration file.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var config = "gateway.yaml"
}

/// Exit codes beyond 0 and those of the argument parser (64, wrong usage).
enum Exit {
    /// The configuration has errors, or what was asked for was refused.
    static let refused = ExitCode(1)
    /// A document that was to be compared cannot be read.
    static let unreadable = ExitCode(2)
    /// Something outside failed: an address is taken, a server does not answer.
    static let unavailable = ExitCode(69)
}
