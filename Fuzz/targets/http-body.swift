import Bytes
import Transcoding

/// What is read of any `google.api.HttpBody` lies inside its bytes, fits a header, and is the same when written and read again.
func fuzz(_ input: ByteView) {
    guard let body = HTTPBody(input) else { return }
    let type = input[body.contentType]
    let data = input[body.data]
    for index in 0..<type.count { expect(type[index] >= 0x20 || type[index] == 0x09, "no control character: \(Array(type))") }
    let out = ByteWriter()
    expect(out.append(httpBody: data, contentType: type, field: 7), "ASCII is UTF-8")
    let wire = out.view
    guard let again = HTTPBody(wire, field: 7) else { return expect(false, "what was written is read: \(Array(wire))") }
    expect(wire[again.contentType] == type && wire[again.data] == data, "the same parts the second time")
}
