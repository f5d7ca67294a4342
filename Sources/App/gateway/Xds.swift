import ArgumentParser
import Discovery
import GatewayApp

struct Xds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what Envoys in front are told.", subcommands: [Dump.self, Compare.self])

    struct Dump: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the resources the configuration compiles to: a table, or all of them as JSON.")

        @OptionGroup var source: ConfigurationOptions
        @Option(name: .long, help: "Only resources of this kind: CDS, EDS, LDS, RDS, SDS or RTDS.")
        var type: String?
        @Option(name: .long, help: "Only resources of this name.")
        var name: String?
        @OptionGroup var format: OutputOptions

        func validate() throws {
            let kinds = DiscoveryKind.allCases.map(\.abbreviation)
            if let type, !kinds.contains(type.uppercased()) {
                throw ValidationError("--type must be one of \(kinds.joined(separator: ", "))")
            }
        }

        func run() async throws {
            let chosen = try await Xds.load(source.config).resources.filter { resource in
                (type.map { resource.kind.abbreviation == $0.uppercased() } ?? true) && (name.map { resource.name == $0 } ?? true)
            }
            let listing = ResourceListing(chosen)
            print(format.output == .json ? listing.json : listing.table)
        }
    }

    struct Compare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "diff", abstract: "Compares what two platform files tell Envoys.",
            discussion: "Exits 1 when something differs.")

        @Argument(help: "The configuration in force.", completion: .file(extensions: ["yaml", "yml", "json"]))
        var old: String
        @Argument(help: "The configuration that is to replace it.", completion: .file(extensions: ["yaml", "yml", "json"]))
        var new: String
        @OptionGroup var format: OutputOptions

        func run() async throws {
            let before = try await Xds.load(old).resources
            let comparison = ResourceComparison(from: before, to: try await Xds.load(new).resources)
            if format.output == .json { print(comparison.json) } else if !comparison.isEmpty { print(comparison.text) }
            if !comparison.isEmpty { throw Exit.refused }
        }
    }

    /// The resources of a file; why there are none is printed.
    static func load(_ file: String) async throws -> EdgeResources {
        do throws(EdgeResources.Refusal) {
            return try await EdgeResources.load(PlatformLoader(file: file))
        } catch {
            for finding in error.findings { print("\(finding)", to: &Terminal.error) }
            throw Exit.refused
        }
    }
}
