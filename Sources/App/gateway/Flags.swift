import ArgumentParser
import GatewayApp
import GatewayCore

struct Flags: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flags", abstract: "Says what flags of a file mean, without a gateway that runs.",
        subcommands: [Evaluate.self])

    struct Evaluate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "eval", abstract: "Evaluates a flag for a caller.",
            discussion: "Prints the variation and its value; exits 1 where the flag is unknown or gives no answer.")

        @Argument(help: "The flag.")
        var flag: String
        @Option(name: .long, help: "The file of flags, as GO Feature Flag writes them, or a copy of what its relay said.")
        var file: String
        @Option(name: .long, help: "The caller's tenant.")
        var tenant: String?
        @Option(name: .long, help: "The caller; without one a stranger.")
        var user: String?
        @Option(name: .long, help: "A role of the caller; may be given again.")
        var role: [String] = []

        func run() throws {
            let outcome = FlagEvaluation.run(flag, file: file, tenant: tenant, user: user, roles: role)
            for message in outcome.findings { print(message, to: &Terminal.error) }
            guard let answer = outcome.answer else {
                print("\(flag) gives no answer: it is off", to: &Terminal.error)
                throw Exit.refused
            }
            print(answer)
        }
    }
}
