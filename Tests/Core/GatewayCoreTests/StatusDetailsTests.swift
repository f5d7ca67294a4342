import Bytes
import ProblemDetails
import Testing

@testable import GatewayCore

@Suite("Details of a gRPC status")
struct StatusDetailsTests {
    /// A google.rpc.Status serialized by Google's own Python classes: BadRequest with two violations, RetryInfo of 3 s and 1 ns,
    /// ErrorInfo, DebugInfo.
    private static let minted =
        "080312036261641a540a29747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4261645265717565737412270a"
        + "100a046e616d651208697320656d7074790a130a036167651207746f6f206c6f771a034d494e1a320a28747970652e676f6f676c656170"
        + "69732e636f6d2f676f6f676c652e7270632e5265747279496e666f12060a04080310011a410a28747970652e676f6f676c65617069732e"
        + "636f6d2f676f6f676c652e7270632e4572726f72496e666f12150a0551554f5441120c646174612e6578616d706c651a3a0a2874797065"
        + "2e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4465627567496e666f120e120c73656372657420737461636b"

    private static let bytes: [UInt8] = {
        let digits = Array(minted.utf8)
        return stride(from: 0, to: digits.count, by: 2).map { index in
            (ASCII.hexValue(digits[index]) ?? 0) << 4 | (ASCII.hexValue(digits[index + 1]) ?? 0)
        }
    }()

    @Test("violations, reason and delay are taken, debug texts are not")
    func minted() {
        let details = Self.bytes.withByteView { StatusDetails($0) }
        #expect(details.violations.map(\.field) == ["name", "age"])
        #expect(details.violations.map(\.code) == ["invalid", "MIN"])
        #expect(details.violations.map(\.message) == ["is empty", "too low"])
        #expect(details.members.map(\.name) == ["reason", "domain"])
        #expect(details.members.map(\.value) == ["QUOTA", "data.example"])
        #expect(details.retrySeconds == 4)
    }

    @Test("cut off anywhere it adds no more than was there")
    func truncated() {
        for count in 0..<Self.bytes.count {
            let details = Array(Self.bytes[..<count]).withByteView { StatusDetails($0) }
            #expect(details.violations.count <= 2 && details.members.count <= 2)
        }
    }

    @Test("any byte may be any other without a trap")
    func flipped() {
        for index in Self.bytes.indices {
            for bit in 0..<8 {
                var bytes = Self.bytes
                bytes[index] ^= 1 << UInt8(bit)
                let details = bytes.withByteView { StatusDetails($0) }
                #expect(details.violations.count <= StatusDetails.maximumViolations)
            }
        }
    }
}
