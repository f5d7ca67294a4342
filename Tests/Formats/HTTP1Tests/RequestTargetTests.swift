import Bytes
import HTTP1
import HTTPSemantics
import Testing

@Suite("Request targets")
struct RequestTargetTests {
    @Test(
        "are taken apart by form",
        arguments: [
            ("/", .get, .origin, "", "/"), ("/a?b", .get, .origin, "", "/a?b"), ("//a", .get, .origin, "", "//a"),
            ("*", .options, .asterisk, "", "*"),
            ("http://a/b?c", .get, .absolute, "a", "/b?c"), ("HTTPS://a:1/", .get, .absolute, "a:1", "/"),
            ("http://a", .get, .absolute, "a", ""),
            ("http://a?b", .get, .absolute, "a", "?b"), ("http://[::1]:8/x", .options, .absolute, "[::1]:8", "/x"),
        ] as [(String, RequestMethod, RequestTarget.Form, String, String)])
    func forms(text: String, method: RequestMethod, form: RequestTarget.Form, authority: String, path: String) throws {
        try ("xx" + text).withByteView { bytes in
            let target = try RequestTarget.parse(bytes, ByteRange(2, bytes.count), method: method).get()
            #expect(target.form == form)
            #expect(String(bytes[target.authority]) == authority)
            #expect(String(bytes[target.pathAndQuery]) == path)
        }
    }

    @Test(
        "of no form are refused",
        arguments: [
            ("", .get, .invalidTarget), ("a", .get, .invalidTarget), ("*", .get, .invalidTarget),
            ("*/", .options, .invalidTarget),
            ("?a", .get, .invalidTarget), ("http:/a", .get, .invalidTarget), ("http://", .get, .invalidTarget),
            ("http:///a", .get, .invalidTarget),
            ("http://u@a/", .get, .invalidTarget), ("http://u:p@a/", .get, .invalidTarget), ("ftp://a/", .get, .invalidTarget),
            ("http://a b/", .get, .invalidTarget), ("http://a:99999/", .get, .invalidTarget), ("a:80", .get, .invalidTarget),
            ("a:80", .connect, .connectRefused), ("/", .connect, .invalidTarget), ("a:x", .connect, .invalidTarget),
            ("\\a", .get, .invalidTarget),
        ] as [(String, RequestMethod, HTTP1Fault)])
    func refused(text: String, method: RequestMethod, fault: HTTP1Fault) {
        text.withByteView { bytes in
            #expect(RequestTarget.parse(bytes, ByteRange(0, bytes.count), method: method) == .failure(fault))
        }
    }
}
