/// Why one request or response could not be translated.
///
/// A request fault is the client's (400 `validation-failed`), a response fault the upstream's (502 `upstream-response-invalid`).
/// No text of it holds a value that was sent.
public struct TranscodingFault: Error, Sendable, Equatable {
    /// What kind of fault it is; safe as a metric label and as `code` of a problem document's `errors[]`.
    public enum Code: String, Sendable, CaseIterable {
        case expectedObject = "expected-object"
        case expectedArray = "expected-array"
        case wrongType = "wrong-type"
        case outOfRange = "out-of-range"
        case notAnInteger = "not-an-integer"
        case invalidNumber = "invalid-number"
        case invalidBase64 = "invalid-base64"
        case invalidUTF8 = "invalid-utf8"
        case unknownEnumValue = "unknown-enum-value"
        case invalidTimestamp = "invalid-timestamp"
        case invalidDuration = "invalid-duration"
        case invalidFieldMask = "invalid-field-mask"
        case unknownField = "unknown-field"
        case duplicateField = "duplicate-field"
        case oneofConflict = "oneof-conflict"
        case nullElement = "null-element"
        case depthExceeded = "depth-exceeded"
        case missingType = "missing-type"
        case unknownType = "unknown-type"
        case pathConflict = "path-conflict"
        case unexpectedBody = "unexpected-body"
        case unknownParameter = "unknown-parameter"
        case repeatedParameter = "repeated-parameter"
        case unbindableParameter = "unbindable-parameter"
        case tooManyParameters = "too-many-parameters"
        case invalidEscape = "invalid-escape"
        case missingCapture = "missing-capture"
        case ambiguousValue = "ambiguous-value"
        case tooManyPaths = "too-many-paths"
        case tooManyItems = "too-many-items"
        case malformedMessage = "malformed-message"
        case unrepresentable = "unrepresentable"
    }

    /// Where in the exchange it lies.
    public enum Place: String, Sendable {
        case body
        case path
        case query
        case response
    }

    public let code: Code
    public let place: Place
    /// The member, parameter or path variable; for a response the full name of the field; empty when it is the whole.
    public let field: String
    /// RFC 6901 pointer into the request body; empty for its root and for the other places.
    public let pointer: String

    public init(_ code: Code, in place: Place, field: String = "", pointer: String = "") {
        self.code = code
        self.place = place
        self.field = field
        self.pointer = pointer
    }

    /// What a client can do about it, one sentence.
    public var message: String {
        switch code {
        case .expectedObject: "Must be an object."
        case .expectedArray: "Must be an array."
        case .wrongType: "Has the wrong JSON type for this field."
        case .outOfRange: "Is outside the range of this field."
        case .notAnInteger: "Must be an integer, as a number or a string."
        case .invalidNumber: "Must be a number, or one of the strings NaN, Infinity and -Infinity."
        case .invalidBase64: "Must be base64."
        case .invalidUTF8: "Must be UTF-8 text."
        case .unknownEnumValue: "Is not a value of this enumeration."
        case .invalidTimestamp: "Must be an RFC 3339 date-time between the years 0001 and 9999."
        case .invalidDuration: "Must be seconds with up to nine decimals and the suffix s."
        case .invalidFieldMask: "Must be field paths in lower camel case, separated by commas."
        case .unknownField: "Is not a field of this message."
        case .duplicateField: "Is given twice, by its two names."
        case .oneofConflict: "Excludes another field that is given as well."
        case .nullElement: "May not be null inside a list or map."
        case .depthExceeded: "Is nested too deeply."
        case .missingType: "Needs an @type member."
        case .unknownType: "Names a message type that is not known here."
        case .pathConflict: "Differs from the value in the path."
        case .unexpectedBody: "This operation takes no body."
        case .unknownParameter: "Is not a parameter of this operation."
        case .repeatedParameter: "May be given once only."
        case .unbindableParameter: "Cannot be given as a parameter."
        case .tooManyParameters: "There are too many query parameters."
        case .invalidEscape: "Holds a malformed percent escape."
        case .missingCapture: "Is missing from the path."
        case .ambiguousValue: "Holds the text that separates it from the next value of the path."
        case .tooManyPaths: "Changes too many fields at once; name them with an update mask."
        case .tooManyItems: "Has too many items."
        case .malformedMessage: "The message is not well-formed protobuf."
        case .unrepresentable: "The value has no JSON form."
        }
    }
}
