import ArgumentParser
import GatewayApp
import GatewayCore

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Loads the configuration and every document it names, and lists what is wrong.",
        discussion: "Exits 0 when there is no error, 1 otherwise; with --strict also on warnings.")

    @OptionGroup var source: ConfigurationOptions
    @OptionGroup var format: OutputOptions
    @Flag(name: .long, help: "Treat warnings as errors.")
    var strict = false

    func run() async throws {
        let outcome = await PlatformLoader(file: source.config).load()
        let hasErrors = !outcome.errors.isEmpty
        switch format.output {
        case .json: print(FindingListing(outcome.all).json)
        case .text:
            for finding in outcome.all { print("\(finding)") }
            if let snapshot = outcome.snapshot, !hasErrors {
                let modules = outcome.modules.isEmpty ? "" : "\(outcome.modules.count) modules, "
                print(
                    "\(source.config): \(modules)\(snapshot.services.count) services, \(snapshot.operations.count) operations, "
                        + "no errors")
            }
        }
        if hasErrors || (strict && !outcome.all.isEmpty) { throw Exit.refused }
    }
}
