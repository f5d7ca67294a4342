import Bytes
import Testing
import TokenVerification

@Suite("Token fault")
struct TokenFaultTests {
    @Test("codes are distinct and label-safe, descriptions can stand inside quotes")
    func texts() {
        let codes = TokenFault.allCases.map { $0.code.description }
        #expect(Set(codes).count == codes.count)
        for fault in TokenFault.allCases {
            #expect(
                fault.code.description.utf8.allSatisfy {
                    ASCII.isLetter($0) && $0 > 96 || $0 == UInt8(ascii: "-") || ASCII.isDigit($0)
                })
            #expect(
                fault.description.description.utf8.allSatisfy {
                    0x20...0x7e ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
                })
        }
    }

    @Test("a missing token is challenged without an error, a bad one with it")
    func challenge() {
        func text(_ fault: TokenFault) -> String {
            let out = ByteWriter()
            "gateway".withByteView { fault.appendChallenge(realm: $0, to: out) }
            return String(out.view)
        }
        #expect(text(.missing) == "Bearer")
        #expect(
            text(.expired) == "Bearer realm=\"gateway\", error=\"invalid_token\", error_description=\"The token has expired\"")
    }

    @Test(
        "finds the token in an Authorization field",
        arguments: [
            ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER   abc", "abc"), ("Bearer a.b-c_~+/=", "a.b-c_~+/="),
            ("", "token-missing"),
            ("Basic abc", "token-missing"), ("Bearerabc", "token-missing"), ("Bear", "token-missing"),
            ("Bearer", "token-credentials"),
            ("Bearer ", "token-credentials"), ("Bearer a b", "a b"), ("Bearer\ta", "token-missing"),
        ])
    func credentials(_ field: String, _ expected: String) {
        let found = field.withByteView { view in
            switch BearerCredentials.token(in: view) {
            case .success(let range): String(view[range])
            case .failure(let fault): fault.code.description
            }
        }
        #expect(found == expected)
    }

    @Test("a turn of the loop has its budget of checks and the next turn a new one")
    func budget() {
        var budget = VerifyBudget(perTurn: 2)
        #expect([budget.take(turn: 1), budget.take(turn: 1), budget.take(turn: 1)] == [true, true, false])
        #expect([budget.take(turn: 2), budget.take(turn: 2), budget.take(turn: 2)] == [true, true, false])
        var least = VerifyBudget(perTurn: 0)
        #expect([least.take(turn: 0), least.take(turn: 0)] == [true, false])
    }
}
