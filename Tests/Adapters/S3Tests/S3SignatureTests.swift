import Testing

@testable import S3

/// The examples of "Signature Calculations for the Authorization Header" in the S3 API reference: one key, one day, one bucket.
@Suite("Signatures for S3")
struct S3SignatureTests {
    private let signature = S3Signature(
        accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region: "us-east-1")
    private let host = "examplebucket.s3.amazonaws.com"
    private let date = "20130524T000000Z"

    private func value(_ fields: [(String, String)]) -> String? {
        fields.first { $0.0 == "authorization" }?.1.split(separator: "=").last.map(String.init)
    }

    @Test("a GET of a part of an object")
    func object() {
        let fields = signature.fields(method: "GET", path: "/test.txt", host: host, date: date, further: [("range", "bytes=0-9")])
        #expect(value(fields) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test("a query with a name that has no value")
    func emptyValue() {
        let fields = signature.fields(method: "GET", path: "/", query: [("lifecycle", "")], host: host, date: date)
        #expect(value(fields) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    }

    @Test("a query of several names")
    func query() {
        let fields = signature.fields(
            method: "GET", path: "/", query: [("prefix", "J"), ("max-keys", "2")], host: host, date: date)
        #expect(value(fields) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test("a PUT with a body and fields of its own")
    func put() {
        let fields = signature.fields(
            method: "PUT", path: "/test%24file.text", host: host, date: date,
            bodyHash: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            further: [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")])
        #expect(value(fields) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test(
        "times are written in UTC",
        arguments: [(0, "19700101T000000Z"), (1_369_353_600, "20130524T000000Z")] as [(Int64, String)])
    func dates(seconds: Int64, text: String) { #expect(S3Signature.date(seconds) == text) }
}
