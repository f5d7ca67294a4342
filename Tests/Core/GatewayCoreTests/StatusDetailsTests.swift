import Bytes
import Foundation
import ProblemDetails
import Protobuf
import Testing

@testable import GatewayCore

@Suite("Details of a gRPC status")
struct StatusDetailsTests {
    /// See `Fixtures/mint_status.py`.
    static let minted: [UInt8] = {
        let file = Fixtures.folder.appendingPathComponent("status.bin")
        return (try? Data(contentsOf: file)).map { Array($0) } ?? []
    }()

    private func details(_ bytes: [UInt8]) -> StatusDetails { bytes.withByteView { StatusDetails($0) } }

    /// A status whose only detail is this message.
    private func details(_ type: String, _ message: [UInt8]) -> StatusDetails {
        details(field(3, field(1, Array("type.googleapis.com/google.rpc.\(type)".utf8)) + field(2, message)))
    }

    @Test("violations carry their reason, and the words for people before those for developers")
    func violations() {
        #expect(
            details(Self.minted).violations == [
                ProblemFieldError(field: "name", pointer: "", code: "NAME_TAKEN", message: "name is not right"),
                ProblemFieldError(field: "count", pointer: "", code: "invalid", message: "Zu viele."),
            ])
    }

    @Test("every other detail meant for the caller is a member of its own; what is not is nowhere")
    func members() {
        let details = details(Self.minted)
        func object(_ members: KeyValuePairs<String, String>) -> ProblemMember.Value {
            .object(members.map { ProblemMember(name: $0.key, value: $0.value) })
        }
        #expect(
            details.members == [
                ProblemMember(name: "reason", value: "STOCK_EMPTY"), ProblemMember(name: "domain", value: "shop.example"),
                ProblemMember(name: "metadata", value: object(["shelf": "7"])),
                ProblemMember(
                    name: "quotaViolations",
                    value: .list([object(["subject": "tenant:acme", "description": "Daily limit reached"])])),
                ProblemMember(
                    name: "resource",
                    value: object([
                        "type": "shop.Item", "name": "items/7", "owner": "user:ada", "description": "The item is gone",
                    ])),
                ProblemMember(
                    name: "preconditionViolations",
                    value: .list([
                        object(["type": "TERMS", "subject": "shop.example", "description": "Terms not accepted"])
                    ])),
                ProblemMember(name: "locale", value: "de-CH"),
                ProblemMember(
                    name: "links", value: .list([object(["description": "What to do", "url": "https://shop.example/help"])])),
            ])
        #expect(details.localizedMessage == "Das Regal ist leer.")
        #expect(details.retrySeconds == 3)
        #expect(!"\(details)".contains("secret") && !"\(details)".contains("internal-1"))
    }

    @Test(
        "a delay is whole seconds, rounded up, at least one",
        arguments: [
            (0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 2), (86_400, 0, 86_400), (86_401, 0, nil), (UInt64.max, 0, nil),
        ] as [(UInt64, UInt64, Int?)])
    func delay(seconds: UInt64, nanoseconds: UInt64, expected: Int?) {
        let duration = number(1, seconds) + number(2, nanoseconds)
        #expect(details("RetryInfo", field(1, duration)).retrySeconds == expected)
    }

    @Test(
        "a link leads to the web",
        arguments: [("https://a", true), ("HTTP://a", true), ("javascript:x", false), ("/a", false), ("", false)])
    func links(url: String, isTaken: Bool) {
        let link = field(1, field(1, Array("text".utf8)) + field(2, Array(url.utf8)))
        #expect(details("Help", link).members.isEmpty != isTaken)
    }

    @Test("lists end where the gateway's own do")
    func bounds() {
        let violation = field(1, field(1, Array("name".utf8)))
        for count in [StatusDetails.maximumEntries, StatusDetails.maximumEntries + 1] {
            let bytes = (0..<count).flatMap { _ in violation }
            #expect(details("BadRequest", bytes).violations.count == StatusDetails.maximumEntries)
        }
        let twice = field(3, field(1, Array("x/google.rpc.BadRequest".utf8)) + field(2, (0..<20).flatMap { _ in violation }))
        #expect(details(twice + twice).violations.count == StatusDetails.maximumEntries)
    }

    @Test("a detail that comes twice does not make a member twice")
    func twice() {
        let details = details(Self.minted + Self.minted)
        #expect(Set(details.members.map(\.name)).count == details.members.count)
    }

    @Test("other types are not looked into", arguments: ["Other", "ErrorInfoX", "DebugInfo", "RequestInfo"])
    func unknown(type: String) {
        let details = details(type, field(1, Array("text".utf8)) + field(2, Array("text".utf8)))
        #expect(details.members.isEmpty && details.violations.isEmpty && details.localizedMessage.isEmpty)
    }

    @Test("cut off anywhere it adds no more than was there")
    func truncated() {
        let whole = details(Self.minted)
        for count in 0..<Self.minted.count {
            let details = details(Array(Self.minted[..<count]))
            #expect(details.violations.count <= whole.violations.count && details.members.count <= whole.members.count)
        }
    }

    @Test("any byte may be any other without a trap")
    func flipped() {
        for index in Self.minted.indices {
            for bit in 0..<8 {
                var bytes = Self.minted
                bytes[index] ^= 1 << UInt8(bit)
                #expect(details(bytes).violations.count <= StatusDetails.maximumEntries)
            }
        }
    }
}

/// A length-delimited field.
private func field(_ number: UInt32, _ content: [UInt8]) -> [UInt8] {
    let writer = ByteWriter()
    writer.append(tag: WireTag(number: number, type: .lengthDelimited))
    content.withByteView { writer.append(lengthDelimited: $0) }
    return Array(writer.view)
}

private func number(_ number: UInt32, _ value: UInt64) -> [UInt8] {
    let writer = ByteWriter()
    writer.append(tag: WireTag(number: number, type: .varint))
    writer.append(varint: value)
    return Array(writer.view)
}
