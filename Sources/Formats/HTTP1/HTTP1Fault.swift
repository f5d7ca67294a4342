/// Why bytes are not an acceptable HTTP/1.1 message.
///
/// A fault from a client is answered with `status` and ends the connection, because nobody can say where the next message would
/// start. A fault from an upstream is a 502 to the client, whatever its own status says.
public enum HTTP1Fault: UInt8, Error, CaseIterable, Sendable {
    // Start line.
    case malformedRequestLine, methodTooLong, targetTooLong, invalidTarget, malformedVersion, versionNotSupported
    case connectRefused, malformedStatusLine, invalidStatus
    // Field section.
    case headTooLarge, tooManyFields, bareLineBreak, foldedLine, spaceInFieldName, emptyFieldName, invalidFieldName
    case invalidFieldValue
    // Host, connection, expectation.
    case missingHost, repeatedHost, invalidHost, invalidConnectionOption, tooManyConnectionOptions, unknownExpectation
    // Framing.
    case invalidContentLength, repeatedContentLength, lengthAndTransferEncoding, transferEncodingBeforeHTTP11
    case repeatedTransferEncoding, invalidTransferEncoding, unknownTransferCoding
    // Chunked body.
    case invalidChunkSize, chunkSizeTooLarge, malformedChunk, chunkExtensionsTooLong, invalidTrailer, trailersTooLarge
    // Target normalisation.
    case fragmentInTarget, invalidPathByte, invalidEscape, encodedControl, ambiguousDotSegment, climbsAboveRoot
    case invalidQueryByte

    /// The status a server answers a client with.
    public var status: Int {
        switch self {
        case .targetTooLong: 414
        case .headTooLarge, .tooManyFields, .trailersTooLarge: 431
        case .versionNotSupported: 505
        case .methodTooLong, .connectRefused, .unknownTransferCoding: 501
        case .unknownExpectation: 417
        default: 400
        }
    }

    /// A fixed name for logs and metric labels.
    public var code: StaticString {
        switch self {
        case .malformedRequestLine: "malformed-request-line"
        case .methodTooLong: "method-too-long"
        case .targetTooLong: "target-too-long"
        case .invalidTarget: "invalid-target"
        case .malformedVersion: "malformed-version"
        case .versionNotSupported: "version-not-supported"
        case .connectRefused: "connect-refused"
        case .malformedStatusLine: "malformed-status-line"
        case .invalidStatus: "invalid-status"
        case .headTooLarge: "head-too-large"
        case .tooManyFields: "too-many-fields"
        case .bareLineBreak: "bare-line-break"
        case .foldedLine: "folded-line"
        case .spaceInFieldName: "space-in-field-name"
        case .emptyFieldName: "empty-field-name"
        case .invalidFieldName: "invalid-field-name"
        case .invalidFieldValue: "invalid-field-value"
        case .missingHost: "missing-host"
        case .repeatedHost: "repeated-host"
        case .invalidHost: "invalid-host"
        case .invalidConnectionOption: "invalid-connection-option"
        case .tooManyConnectionOptions: "too-many-connection-options"
        case .unknownExpectation: "unknown-expectation"
        case .invalidContentLength: "invalid-content-length"
        case .repeatedContentLength: "repeated-content-length"
        case .lengthAndTransferEncoding: "length-and-transfer-encoding"
        case .transferEncodingBeforeHTTP11: "transfer-encoding-before-http11"
        case .repeatedTransferEncoding: "repeated-transfer-encoding"
        case .invalidTransferEncoding: "invalid-transfer-encoding"
        case .unknownTransferCoding: "unknown-transfer-coding"
        case .invalidChunkSize: "invalid-chunk-size"
        case .chunkSizeTooLarge: "chunk-size-too-large"
        case .malformedChunk: "malformed-chunk"
        case .chunkExtensionsTooLong: "chunk-extensions-too-long"
        case .invalidTrailer: "invalid-trailer"
        case .trailersTooLarge: "trailers-too-large"
        case .fragmentInTarget: "fragment-in-target"
        case .invalidPathByte: "invalid-path-byte"
        case .invalidEscape: "invalid-escape"
        case .encodedControl: "encoded-control"
        case .ambiguousDotSegment: "ambiguous-dot-segment"
        case .climbsAboveRoot: "climbs-above-root"
        case .invalidQueryByte: "invalid-query-byte"
        }
    }
}
