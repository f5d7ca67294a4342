import ArgumentParser
import Foundation
import GatewayApp
import GatewayCore

struct Deprecate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deprecates a version of the API: keeps its documents for ever and sets the day it ends.",
        discussion: """
            Writes the documents of all services of the version, merged into one, to the store that the configuration names under \
            "versions"; what is there already is never overwritten. Running gateways see it at their next look: every answer of the \
            version then says until when it is served, and after that it is answered with 410. Its documents stay at /api-docs.
            """)

    @Argument(help: "The version, such as v1.")
    var version: String
    @Option(name: .long, help: "The last day it is served, such as 2027-06-30, or a time such as 2027-06-30T12:00:00Z.")
    var sunset: String
    @Option(name: .long, help: "URL of a page for its users; by default its documents.")
    var link: String?
    @Flag(name: .long, help: "Set another end for a version that is deprecated already.")
    var changeSunset = false
    @OptionGroup var source: ConfigurationOptions

    func validate() throws {
        guard APIVersion(version) != nil else { throw ValidationError("\"\(version)\" is no version; write v1") }
        guard let time = UTCTime(sunset) else {
            throw ValidationError("\"\(sunset)\" is no date; write 2027-06-30 or 2027-06-30T12:00:00Z")
        }
        guard time.unixSeconds > Int64(Date().timeIntervalSince1970) else {
            throw ValidationError("\(sunset) has passed; requests of the version would be refused at once")
        }
        if let link, !VersionMark.isLink(link) { throw ValidationError("\"\(link)\" is no http or https URL") }
    }

    func run() async throws {
        guard let version = APIVersion(version), let sunset = UTCTime(sunset) else { return }
        let request = VersionDeprecation.Request(version: version, sunset: sunset, link: link, changesSunset: changeSunset)
        do {
            let outcome = try await VersionDeprecation(PlatformLoader(file: source.config)).run(request)
            print(
                "\(version.text) is deprecated since \(outcome.mark.deprecated.text) and served until \(outcome.mark.sunset.text)"
            )
            print("its documents \(outcome.wasKept ? "were kept before" : "are kept") in \(outcome.snapshot)")
        } catch VersionDeprecation.Fault.refused(let findings) {
            for finding in findings { print("\(finding)", to: &Terminal.error) }
            print("nothing was deprecated", to: &Terminal.error)
            throw Exit.refused
        } catch VersionDeprecation.Fault.unusable(let message) {
            print(message, to: &Terminal.error)
            throw Exit.refused
        } catch VersionDeprecation.Fault.failed(let message) {
            print(message, to: &Terminal.error)
            throw Exit.unavailable
        }
    }
}
