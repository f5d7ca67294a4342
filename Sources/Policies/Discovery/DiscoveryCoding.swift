public import Bytes
import ControlMessages
import Protobuf

/// The messages of `envoy.service.discovery.v3`, as far as they are read and written here.
public enum DiscoveryCoding {
    // MARK: Requests

    /// Reads a `DiscoveryRequest` or a `DeltaDiscoveryRequest`; nil when it is malformed.
    public static func request(_ message: ByteView, _ variant: DiscoveryVariant) -> DiscoveryRequest? {
        var request = DiscoveryRequest()
        var reader = FieldReader(message)
        while reader.next() {
            guard reader.type == .lengthDelimited else { continue }
            let content = message[reader.content]
            switch variant {
            case .stateOfTheWorld:
                switch reader.number {
                case 1: request.version = String(content)
                case 2: request.node = node(content)
                case 3: request.names.append(String(content))
                case 4: request.typeURL = String(content)
                case 5: request.nonce = String(content)
                case 6: request.refusal = words(content)
                default: break
                }
            case .delta:
                switch reader.number {
                case 1: request.node = node(content)
                case 2: request.typeURL = String(content)
                case 3: request.names.append(String(content))
                case 4: request.unsubscribed.append(String(content))
                case 5:
                    let entry = entry(content)
                    request.known[entry.key] = entry.value
                case 6: request.nonce = String(content)
                case 7: request.refusal = words(content)
                default: break
                }
            }
        }
        return reader.isMalformed ? nil : request
    }

    /// `envoy.config.core.v3.Node`, of which id and cluster matter here.
    private static func node(_ message: ByteView) -> DiscoveryNode {
        var node = DiscoveryNode()
        var reader = FieldReader(message)
        while reader.next() {
            guard reader.type == .lengthDelimited else { continue }
            switch reader.number {
            case 1: node.id = text(message[reader.content])
            case 2: node.cluster = text(message[reader.content])
            default: break
            }
        }
        return node
    }

    /// Bytes of a name that a client gives itself; it goes into logs and reports.
    private static let nameBytes = 256

    private static func text(_ content: ByteView) -> String { String(content[0, min(content.count, nameBytes)]) }

    /// The message of a `google.rpc.Status`; one without words still is a refusal.
    private static func words(_ message: ByteView) -> String {
        var reader = FieldReader(message)
        while reader.next() { if reader.isField(2, .lengthDelimited) { return String(message[reader.content]) } }
        return ""
    }

    /// An entry of a map of texts.
    private static func entry(_ message: ByteView) -> (key: String, value: String) {
        var entry = (key: "", value: "")
        var reader = FieldReader(message)
        while reader.next() {
            if reader.isField(1, .lengthDelimited) { entry.key = String(message[reader.content]) }
            if reader.isField(2, .lengthDelimited) { entry.value = String(message[reader.content]) }
        }
        return entry
    }

    // MARK: Answers

    /// Appends a `DiscoveryResponse` or a `DeltaDiscoveryResponse` of the gateway that calls itself `identifier`.
    ///
    /// - Parameter scratch: Used while writing; what it holds is lost.
    public static func write(
        _ response: DiscoveryResponse, _ variant: DiscoveryVariant, from identifier: String, to out: ByteWriter,
        scratch: ByteWriter
    ) {
        out.append(field: 1, response.version)
        for resource in response.resources {
            switch variant {
            case .stateOfTheWorld: resource.bytes.withByteView { out.append(field: 2, $0) }
            case .delta:
                scratch.removeAll()
                scratch.append(field: 1, resource.version)
                resource.bytes.withByteView { scratch.append(field: 2, $0) }
                scratch.append(field: 3, resource.name)
                out.append(field: 2, scratch.view)
            }
        }
        out.append(field: 4, response.typeURL)
        out.append(field: 5, response.nonce)
        if variant == .delta { for name in response.removed { out.append(field: 6, name) } }
        scratch.removeAll()
        scratch.append(field: 1, identifier)
        out.append(field: variant == .delta ? 7 : 6, scratch.view)
    }
}
