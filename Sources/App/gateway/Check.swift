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
        case .json: print(FindingListing(outcome.findings).json)
        case .text:
            for finding in outcome.findings { print("\(finding)") }
            if let snapshot = outcome.snapshot, !hasErrors {
                print("\(source.config): \(snapshot.services.count) services, \(snapshot.operations.count) operations, no errors")
            }
        }
        if hasErrors || (strict && !outcome.findings.isEmpty) { throw Exit.refused }
    }
}
