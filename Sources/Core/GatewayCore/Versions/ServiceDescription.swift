import Bytes
import Documents
import JSON
import OpenAPI
import OpenAPIMerge
import Routing

/// What a service's operations were compiled from, for those who ask what the platform offers.
struct ServiceDescription: Sendable {
    let service: String
    /// Its OpenAPI document; nil where annotations alone describe it.
    let document: String?
    /// The document and what it refers to, as they were read.
    let files: FileSource
    /// The routes it was compiled to, where it has no document.
    let routes: [Route]

    struct Route: Sendable {
        let method: String
        let template: String
        let name: String
    }

    /// The document, or one made of the routes.
    func part() throws(VersionFault) -> DocumentMerge.Part {
        if let document {
            let (loaded, findings) = OpenAPIDocument.load(file: document, source: files)
            guard let loaded else { throw VersionFault(findings.first.map { "\($0)" } ?? "\(document) cannot be read") }
            return DocumentMerge.Part(service: service, document: loaded)
        }
        let file = "\(service).annotations"
        let (loaded, findings) = OpenAPIDocument.load(text: Array(Self.text(routes).utf8), file: file)
        guard let loaded else { throw VersionFault(findings.first.map { "\($0)" } ?? "\(service) cannot be described") }
        return DocumentMerge.Part(service: service, document: loaded)
    }

    /// A document that says which paths there are and no more: messages are described by the service's descriptors alone.
    private static func text(_ routes: [Route]) -> String {
        var items: [(path: String, operations: [String])] = []
        var names: Set<String> = []
        for route in routes where methods.contains(route.method) {
            let (path, parameters) = plain(route.template)
            let described = parameters.map {
                #"{"in":"path","required":true,"schema":{"type":"string"},"name":\#(quoted($0))}"#
            }
            // A method with several bindings has one name.
            let name = names.insert(route.name).inserted ? #""operationId":\#(quoted(route.name)),"# : ""
            let operation = #"""
                "\#(route.method.lowercased())":{\#(name)"parameters":[\#(described.joined(separator: ","))],\#
                "responses":{"default":{"description":"The answer of the gRPC method."}}}
                """#
            if let index = items.firstIndex(where: { $0.path == path }) {
                items[index].operations.append(operation)
            } else {
                items.append((path, [operation]))
            }
        }
        let paths = items.map { "\(quoted($0.path)):{\($0.operations.joined(separator: ","))}" }
        return #"{"openapi":"3.1.0","info":{"title":"","version":""},"paths":{\#(paths.joined(separator: ","))}}"#
    }

    private static let methods: Set<String> = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"]

    private static func quoted(_ text: String) -> String {
        let out = ByteWriter()
        out.append(jsonString: text)
        return String(out.view)
    }

    /// A template of an annotation as OpenAPI writes paths, without patterns; and its parameters.
    private static func plain(_ template: String) -> (path: String, parameters: [String]) {
        var path = ""
        var parameters: [String] = []
        for part in template.split(separator: "{", omittingEmptySubsequences: false).enumerated() {
            guard part.offset > 0, let end = part.element.firstIndex(of: "}") else {
                path += part.element
                continue
            }
            let name = String(part.element[..<end].prefix { $0 != "=" })
            parameters.append(name)
            path += "{\(name)}" + part.element[part.element.index(after: end)...]
        }
        return (path, parameters)
    }
}

/// The documents of all services, together.
public struct PlatformDocuments: Sendable {
    let services: [ServiceDescription]

    /// The title of merged documents.
    static let title = "Platform API"

    /// One document for all that is below `base` and the version's number, in YAML and JSON.
    ///
    /// Bytes of a merged document: many times what one service has.
    public static let maximumBytes = 64 << 20

    static let limits = {
        var limits = DocumentLimits()
        limits.bytes = maximumBytes
        limits.nodes = 4_000_000
        return limits
    }()

    /// Reads every document anew: to be called where nothing waits for it.
    /// - Parameter base: What stands before the version, such as `/api`.
    public func merged(_ version: APIVersion, base: String) throws(VersionFault) -> (yaml: [UInt8], json: [UInt8]) {
        var parts: [DocumentMerge.Part] = []
        for service in services { parts.append(try service.part()) }
        let value: MergedValue
        do throws(MergeFault) {
            value = try DocumentMerge.merge(
                parts, below: "\(base)/\(version.text)", title: Self.title, number: "\(version.number)")
        } catch {
            throw VersionFault(error.message)
        }
        let yaml = Array(value.yaml.utf8)
        guard yaml.count <= Self.maximumBytes else {
            throw VersionFault("the merged document is larger than \(Self.maximumBytes) bytes")
        }
        return (yaml, Array(value.json.utf8))
    }

    /// The JSON of a snapshot that was written as YAML.
    public static func json(ofSnapshot yaml: [UInt8], file: String) throws(VersionFault) -> [UInt8] {
        switch SourceDocument.parse(text: yaml, file: file, limits: limits) {
        case .failure(let faults): throw VersionFault(faults.first.map { "\($0)" } ?? "\(file) is no document")
        case .success(let root): return Array(MergedValue(root).json.utf8)
        }
    }
}
