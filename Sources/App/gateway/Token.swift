import ArgumentParser
import GatewayApp

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fetches an access token from the IAM, for trying things out.",
        discussion: "Prints the token alone. The IAM answers POST /token with the token's JSON, as the demo's does.")

    @Option(name: .long, help: "Base URL of the IAM.")
    var iam = "http://127.0.0.1:8092"
    @Option(name: .long, help: "User to ask for.")
    var user: String
    @Option(name: .long, help: "Lifetime in seconds; the IAM's own default without.")
    var lifetime: Int?
    @OptionGroup var format: OutputOptions

    func run() async throws {
        switch await TokenRequest(iam: iam, user: user, lifetime: lifetime).send() {
        case .success(let answer): print(format.output == .json ? answer.json : answer.token)
        case .failure(let fault):
            print("no token: \(fault.message)", to: &Terminal.error)
            throw Exit.unavailable
        }
    }
}
