import ArgumentParser
import GatewayApp
import OpenAPIDiff

struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compares two versions of an OpenAPI document and lists what changed for its clients.",
        discussion: "Exits 0, or 1 when a change is as grave as --fail-on says, or 2 when a document cannot be read.")

    /// The mildest change that fails the command.
    enum Threshold: String, ExpressibleByArgument, CaseIterable {
        case breaking, warning, any, none
    }

    @Argument(help: "The document clients know.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var old: String
    @Argument(help: "The document that is to replace it.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var new: String
    @Option(name: .long, help: "Fail on breaking changes, on warnings too, on any change, or on none.")
    var failOn = Threshold.breaking
    @OptionGroup var format: OutputOptions

    func run() throws {
        let comparison: DocumentComparison
        do {
            comparison = try DocumentComparison.load(old: old, new: new)
        } catch {
            switch format.output {
            case .json: print(FindingListing(error).json)
            case .text: for finding in error { print("\(finding)", to: &Terminal.error) }
            }
            throw Exit.unreadable
        }
        let listing = ChangeListing(comparison.diff)
        switch format.output {
        case .json: print(listing.json)
        case .text:
            for change in comparison.diff.changes { print("\(change)") }
            print(listing.summary)
        }
        if fails(comparison) { throw Exit.refused }
    }

    private func fails(_ comparison: DocumentComparison) -> Bool {
        guard let gravest = comparison.diff.gravest else { return false }
        switch failOn {
        case .breaking: return gravest >= .breaking
        case .warning: return gravest >= .warning
        case .any: return true
        case .none: return false
        }
    }
}
