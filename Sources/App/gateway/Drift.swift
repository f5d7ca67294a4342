import ArgumentParser
import GatewayApp

struct Drift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows how requests and responses differ from the OpenAPI documents.",
        discussion: """
            Asks the admin listener of a running gateway. Operations whose validation is "report" are counted here instead of refused; \
            values are never shown. With --patch the report is written as a patch of the documents that --config names, for `patch -p1` \
            or `git apply`, as JSON Patches with --output json; what cannot be known without values is listed in its head. \
            Exits with 1 when something differs.
            """)

    @Option(name: .long, help: "Base URL of the gateway's admin listener.")
    var admin = "http://127.0.0.1:9901"
    @Flag(name: .long, help: "Write the report as a patch of the documents.")
    var patch = false
    @OptionGroup var source: ConfigurationOptions
    @OptionGroup var format: OutputOptions

    func run() async throws {
        switch await DriftRequest(admin: admin).send() {
        case .success(let answer):
            if patch {
                try await printPatch(answer)
            } else {
                print(format.output == .json ? answer.json : answer.table)
            }
            if !answer.isEmpty { throw Exit.refused }
        case .failure(let fault):
            print("no report: \(fault.message)", to: &Terminal.error)
            throw Exit.unavailable
        }
    }

    private func printPatch(_ answer: DriftRequest.Answer) async throws {
        do {
            let patch = try await DriftPatch.make(for: answer, loader: PlatformLoader(file: source.config))
            print(format.output == .json ? patch.json : patch.text, terminator: format.output == .json ? "\n" : "")
        } catch {
            for finding in error.findings { print("\(finding)", to: &Terminal.error) }
            throw Exit.refused
        }
    }
}
