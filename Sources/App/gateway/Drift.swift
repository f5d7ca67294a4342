import ArgumentParser
import GatewayApp

struct Drift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows how requests and responses differ from the OpenAPI documents.",
        discussion: """
            Asks the admin listener of a running gateway. Operations whose validation is "report" are counted here instead of refused; \
            values are never shown. Exits with 1 when something differs.
            """)

    @Option(name: .long, help: "Base URL of the gateway's admin listener.")
    var admin = "http://127.0.0.1:9901"
    @OptionGroup var format: OutputOptions

    func run() async throws {
        switch await DriftRequest(admin: admin).send() {
        case .success(let answer):
            print(format.output == .json ? answer.json : answer.table)
            if !answer.isEmpty { throw Exit.refused }
        case .failure(let fault):
            print("no report: \(fault.message)", to: &Terminal.error)
            throw Exit.unavailable
        }
    }
}
