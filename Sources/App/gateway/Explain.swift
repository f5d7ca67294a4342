import ArgumentParser
import Foundation
import GatewayApp

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what the running gateway would do with a request, and why.",
        discussion: """
            Runs the request through the live stages without sending it on, counting it or taking anything of a limit, and shows every \
            decision: the route and why others lost, the caller, limits, module, permission, schema, breakers, and what would be sent to the \
            service. Asks the admin listener of a running gateway. Exits with 1 when the request would be refused.
            """)

    @Argument(help: "The method, such as GET.")
    var method: String
    @Argument(help: "A path with its query, or a whole URL.")
    var url: String
    @Option(name: [.customShort("H"), .long], parsing: .singleValue, help: "A field, such as 'Accept: text/csv'; any number.")
    var header: [String] = []
    @Option(name: [.customShort("d"), .long], help: "The body; @FILE reads it from a file. JSON unless -H says otherwise.")
    var data: String?
    @Option(name: .long, help: "The bearer token; @FILE reads it from a file.")
    var token: String?
    @Option(name: .long, help: "The address that the request is to come from.")
    var client: String?
    @Option(name: .long, help: "Base URL of the gateway's admin listener.")
    var admin = "http://127.0.0.1:9901"
    @OptionGroup var format: OutputOptions

    func run() async throws {
        var headers = try header.map { line in
            guard let colon = line.firstIndex(of: ":") else {
                throw ValidationError("\"\(line)\" is no field; write 'Name: value'")
            }
            return [
                String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces),
            ]
        }
        if let token {
            headers.append(["authorization", "Bearer \(try Self.read(token).trimmingCharacters(in: .whitespacesAndNewlines))"])
        }
        let body = try data.map(Self.read)
        if body != nil, !headers.contains(where: { $0[0].lowercased() == "content-type" }) {
            headers.append(["content-type", "application/json"])
        }
        let request = ExplainRequest(method: method, url: url, headers: headers, body: body, client: client)
        switch await Explained.ask(request, admin: admin) {
        case .success(let explained):
            print(format.output == .json ? explained.json : explained.text, terminator: format.output == .json ? "" : "\n")
            if explained.isRefused { throw Exit.refused }
        case .failure(let fault):
            print("not explained: \(fault.message)", to: &Terminal.error)
            throw Exit.unavailable
        }
    }

    /// The text itself, or what a file holds.
    private static func read(_ text: String) throws -> String {
        guard text.hasPrefix("@") else { return text }
        do {
            return try String(contentsOfFile: String(text.dropFirst()), encoding: .utf8)
        } catch {
            throw ValidationError("cannot read \(text.dropFirst()): \(error.localizedDescription)")
        }
    }
}
