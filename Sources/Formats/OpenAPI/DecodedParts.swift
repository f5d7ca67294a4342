import Documents

/// What was decoded already: parts that many operations share are read once, and what is wrong with them is said once.
final class DecodedParts {
    /// By the list, the mapping of headers, and the mapping of media types they were read from; the bundle keeps these alive.
    var parameters: [ObjectIdentifier: [OpenAPIParameter]] = [:]
    var headers: [ObjectIdentifier: [OpenAPIParameter]] = [:]
    var mediaTypes: [ObjectIdentifier: [OpenAPIMediaType]] = [:]
}
