import ArgumentParser
import GatewayApp
import ProblemDetails

struct Problems: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explains the kinds of problems that requests are refused with.",
        discussion: "Prints the page of one kind, or of all: what it means, and what client and operator can do.")

    @Argument(help: "The kind: the last part of a problem document's type, such as rate-limit-exceeded.")
    var kind: String?

    func run() throws {
        guard let kind else { return print(ProblemPage.document, terminator: "") }
        let name = kind.split(separator: "/").last.map(String.init) ?? kind
        guard let page = ProblemPage.all.first(where: { "\($0.slug.text)" == name }) else {
            throw ValidationError("there is no kind of problem \"\(name)\"; `gateway problems` lists them")
        }
        print(page.markdown, terminator: "")
    }
}
