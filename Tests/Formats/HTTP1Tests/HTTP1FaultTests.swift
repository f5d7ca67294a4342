import Bytes
import HTTP1
import Testing

@Suite("Faults")
struct HTTP1FaultTests {
    @Test("answer 400 unless a more exact status exists")
    func status() {
        let exact: [HTTP1Fault: Int] = [
            .targetTooLong: 414, .headTooLarge: 431, .tooManyFields: 431, .trailersTooLarge: 431, .versionNotSupported: 505,
            .methodTooLong: 501, .connectRefused: 501, .unknownTransferCoding: 501, .unknownExpectation: 417,
        ]
        for fault in HTTP1Fault.allCases { #expect(fault.status == exact[fault] ?? 400, "\(fault)") }
    }

    @Test("have a code each that can be a metric label")
    func codes() {
        let codes = HTTP1Fault.allCases.map { String(ByteView($0.code)) }
        #expect(Set(codes).count == codes.count)
        for code in codes {
            #expect(
                code.utf8.allSatisfy { ASCII.isLetter($0) && $0 >= 97 || ASCII.isDigit($0) || $0 == UInt8(ascii: "-") }, "\(code)"
            )
        }
    }
}
