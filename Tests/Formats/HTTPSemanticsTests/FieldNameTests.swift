import Bytes
import HTTPSemantics
import Testing

@Suite("Field names")
struct FieldNameTests {
    private func recognise(_ bytes: [UInt8]) -> FieldName { bytes.withByteView { FieldName(recognising: $0) } }

    @Test("fit the bits of one word, and the count is that of the cases")
    func fitsOneWord() {
        #expect(FieldName.allCases.count == FieldName.count)
        #expect(FieldName.count <= 64)
    }

    @Test("are recognised in any case", arguments: FieldName.allCases.filter { $0 != .other })
    func anyCase(name: FieldName) {
        let text = Array(ByteView(name.text))
        #expect(text == text.map { ASCII.lowercased($0) })
        #expect(recognise(text) == name)
        #expect(recognise(Array(String(decoding: text, as: UTF8.self).uppercased().utf8)) == name)
        for index in text.indices where ASCII.isLetter(text[index]) {
            var mixed = text
            mixed[index] ^= 0x20
            #expect(recognise(mixed) == name)
        }
    }

    @Test("are not recognised with any other byte at any position", arguments: FieldName.allCases.filter { $0 != .other })
    func otherBytes(name: FieldName) {
        let text = Array(ByteView(name.text))
        let reserved: [FieldName] = [.xUserID, .xTenantID, .xUserRoles, .xRequestID]
        let isSpelledWithUnderscores = reserved.contains(name)
        for index in text.indices {
            for byte in UInt8.min...UInt8.max where ASCII.lowercased(byte) != text[index] {
                var other = text
                other[index] = byte
                let expected = isSpelledWithUnderscores && text[index] == UInt8(ascii: "-") && byte == UInt8(ascii: "_")
                let found = recognise(other)
                #expect(expected ? found == name : found != name, "byte \(byte) at \(index)")
            }
        }
    }

    @Test("are not recognised when cut short or followed by more", arguments: FieldName.allCases.filter { $0 != .other })
    func lengths(name: FieldName) {
        let text = Array(ByteView(name.text))
        for length in 0..<text.count { #expect(recognise(Array(text[..<length])) != name) }
        #expect(recognise(text + [UInt8(ascii: "x")]) != name)
    }

    @Test(
        "of identity are recognised behind underscores",
        arguments: ["X_User_ID", "x-user_id", "X_TENANT_ID", "x_user_roles", "X_Request_Id"])
    func underscores(text: String) { #expect(recognise(Array(text.utf8)) != .other) }

    @Test(
        "that the gateway does not know are other",
        arguments: ["", "x", "accept-language", "x_user_idx", "content_length", "y_user_id"])
    func unknown(text: String) { #expect(recognise(Array(text.utf8)) == .other) }
}
