public import Bytes

/// A `google.api.HttpRule`: how one HTTP request becomes one call.
public struct HTTPRule: Sendable, Equatable {
    /// The number of the `google.api.http` extension of `MethodOptions`.
    public static let extensionNumber: UInt32 = 72_295_728

    /// The HTTP method, uppercase; a `custom` rule's kind as written (`*` is any method); empty when the rule has no pattern.
    public var method: String
    /// The path template, such as `/v1/{name=shelves/*}:archive`.
    public var path: String
    /// `*`, a top-level field of the request, or empty for no body.
    public var body: String
    /// A top-level field of the response, or empty for all of it.
    public var responseBody: String
    /// Further bindings of the same method; they have none of their own.
    public var additionalBindings: [HTTPRule]

    public init(
        method: String, path: String, body: String = "", responseBody: String = "", additionalBindings: [HTTPRule] = []
    ) {
        self.method = method
        self.path = path
        self.body = body
        self.responseBody = responseBody
        self.additionalBindings = additionalBindings
    }

    /// The rule in the serialized unknown fields of a `MethodOptions`: `.success(nil)` when there is none, failure when malformed.
    public static func find(inOptions bytes: ByteView) -> Result<HTTPRule?, Malformed> {
        var reader = WireReader(bytes)
        var found: HTTPRule?
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return .failure(Malformed()) }
            if tag == WireTag(number: extensionNumber, type: .lengthDelimited) {
                guard let range = reader.readLengthDelimited() else { return .failure(Malformed()) }
                var rule = found ?? HTTPRule(method: "", path: "")
                guard rule.merge(bytes[range], isNested: false) else { return .failure(Malformed()) }
                found = rule
            } else if !reader.skip(tag) {
                return .failure(Malformed())
            }
        }
        return .success(found)
    }

    /// The annotation's bytes are no `HttpRule`.
    public struct Malformed: Error, Equatable {}

    private mutating func merge(_ bytes: ByteView, isNested: Bool) -> Bool {
        var reader = WireReader(bytes)
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return false }
            guard tag.type == .lengthDelimited else {
                guard reader.skip(tag) else { return false }
                continue
            }
            guard let range = reader.readLengthDelimited() else { return false }
            let value = bytes[range]
            switch tag.number {
            case 2: setPattern("GET", value)
            case 3: setPattern("PUT", value)
            case 4: setPattern("POST", value)
            case 5: setPattern("DELETE", value)
            case 6: setPattern("PATCH", value)
            case 7: body = String(value)
            case 8: guard mergeCustom(value) else { return false }
            case 11:
                var binding = HTTPRule(method: "", path: "")
                guard !isNested, binding.merge(value, isNested: true) else { return false }
                additionalBindings.append(binding)
            case 12: responseBody = String(value)
            default: break
            }
        }
        return true
    }

    private mutating func setPattern(_ method: String, _ path: ByteView) {
        self.method = method
        self.path = String(path)
    }

    private mutating func mergeCustom(_ bytes: ByteView) -> Bool {
        var reader = WireReader(bytes)
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return false }
            switch (tag.number, tag.type) {
            case (1, .lengthDelimited):
                guard let range = reader.readLengthDelimited() else { return false }
                method = String(bytes[range])
            case (2, .lengthDelimited):
                guard let range = reader.readLengthDelimited() else { return false }
                path = String(bytes[range])
            default: guard reader.skip(tag) else { return false }
            }
        }
        return true
    }
}
