import Bytes
import StringFormats

/// Every format of one text, and what follows from one for another.
func fuzz(_ input: ByteView) {
    withExactCopy(input) { text in
        for format in StringFormat.allCases { _ = format.matches(text) }
        implies(text, .uri, .uriReference)
        implies(text, .uri, .iri)
        implies(text, .uriReference, .iriReference)
        implies(text, .iri, .iriReference)
        implies(text, .hostname, .idnHostname)
        implies(text, .email, .idnEmail)
        implies(text, .ipv4, .hostname)
        implies(text, .uuid, .hostname)
        expect(!(StringFormat.ipv4.matches(text) && StringFormat.ipv6.matches(text)), "an address has one version")
        if StringFormat.dateTime.matches(text) {
            expect(StringFormat.date.matches(text[0, 10]), "a date-time begins with a date")
            expect(StringFormat.time.matches(text[11, text.count]), "a date-time ends with a time")
        }
        let after = ByteWriter()
        after.append("0")
        after.append(text)
        if StringFormat.jsonPointer.matches(text) {
            expect(StringFormat.relativeJSONPointer.matches(after.view), "zero and a pointer are a relative pointer")
        }
    }
}

private func implies(_ text: ByteView, _ narrow: StringFormat, _ wide: StringFormat) {
    if narrow.matches(text) { expect(wide.matches(text), "every \(narrow.rawValue) is a \(wide.rawValue)") }
}
