import ArgumentParser
import GatewayApp
import GatewayCore

struct Routes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the routes the configuration compiles to.")

    @OptionGroup var source: ConfigurationOptions
    @OptionGroup var format: OutputOptions

    func run() async throws {
        let outcome = await PlatformLoader(file: source.config).load()
        for finding in outcome.errors { print("\(finding)", to: &Terminal.error) }
        guard let snapshot = outcome.snapshot, outcome.errors.isEmpty else { throw Exit.refused }
        let listing = RouteListing(snapshot)
        print(format.output == .json ? listing.json : listing.table)
    }
}
