import Bytes
import ControlMessages
public import Discovery
import NIOCore
import Transcoding

/// `envoy.service.discovery.v3.AggregatedDiscoveryService` on one event loop: both variants, all kinds on one stream.
///
/// Confined to its loop, which is what makes the unchecked conformance sound.
public final class DiscoveryService: @unchecked Sendable {
    private static let prefix = "/envoy.service.discovery.v3.AggregatedDiscoveryService/"

    private let fleet: EnvoyFleet
    /// How this gateway calls itself towards Envoys.
    private let identifier: String
    private var set = DiscoverySet(generation: 0, [])
    private var streams: [ObjectIdentifier: DiscoveryStream] = [:]
    private let message = ByteWriter(capacity: 4096)
    private let scratch = ByteWriter(capacity: 4096)
    /// Memory kept for the next answer.
    private static let keptBytes = 1 << 20

    /// Knows nothing yet: until `adopt` Envoys wait for their answers.
    public init(fleet: EnvoyFleet, identifier: String) {
        self.fleet = fleet
        self.identifier = identifier
    }

    /// Adds both methods to a loop's table.
    public func register(in methods: inout MethodTable) {
        methods.add(Self.prefix + "StreamAggregatedResources", DiscoveryMethod(self, .stateOfTheWorld))
        methods.add(Self.prefix + "DeltaAggregatedResources", DiscoveryMethod(self, .delta))
    }

    /// Tells every Envoy of the loop what changed.
    public func adopt(_ set: DiscoverySet) {
        self.set = set
        for stream in streams.values { tell(stream) }
    }

    fileprivate func open(_ stream: ServerStream, _ variant: DiscoveryVariant) -> any StreamSession {
        let member = fleet.join(peer: stream.peer, variant: variant)
        let opened = DiscoveryStream(stream, self, variant, id: member.id)
        streams[ObjectIdentifier(opened)] = opened
        return opened
    }

    fileprivate func receive(_ bytes: ByteView, _ stream: DiscoveryStream) {
        guard let request = DiscoveryCoding.request(bytes, stream.session.variant) else {
            fleet.count { $0.faults += 1 }
            return stream.end(GRPCServerStatus(.invalidArgument, "malformed request"))
        }
        let verdict = stream.session.receive(request, in: set)
        if !stream.isKnown {
            stream.isKnown = true
            fleet.update(stream.id, stream.session, generation: set.generation, isSynchronized: false)
            fleet.hello(stream.id)
        }
        switch verdict {
        case .none: break
        case .acknowledged: fleet.count { $0.acknowledged += 1 }
        case .stale: fleet.count { $0.stale += 1 }
        case .refused(let refusal): fleet.refused(stream.id, refusal)
        case .invalid(let reason):
            fleet.count { $0.faults += 1 }
            return stream.end(GRPCServerStatus(.invalidArgument, reason))
        }
        tell(stream)
    }

    /// Sends what a stream is due, as long as it takes it.
    fileprivate func tell(_ stream: DiscoveryStream) {
        while set.generation > 0, stream.isWritable, let response = stream.session.next(in: set) {
            message.removeAll()
            DiscoveryCoding.write(response, stream.session.variant, from: identifier, to: message, scratch: scratch)
            stream.send(message.view)
            fleet.count { counts in
                counts.answers += 1
                counts.bytes += message.count
            }
        }
        message.removeAll(keepingAtMost: Self.keptBytes)
        scratch.removeAll(keepingAtMost: Self.keptBytes)
        guard stream.isKnown else { return }
        fleet.update(
            stream.id, stream.session, generation: set.generation, isSynchronized: stream.session.isSynchronized(with: set))
    }

    fileprivate func closed(_ stream: DiscoveryStream) {
        streams[ObjectIdentifier(stream)] = nil
        fleet.leave(stream.id)
    }
}

/// One of the service's methods.
private final class DiscoveryMethod: StreamMethod {
    /// Bytes of a request: names, and on the first one all that Envoy knows of itself and holds.
    let messageLimit = 4 << 20
    private let service: DiscoveryService
    private let variant: DiscoveryVariant

    init(_ service: DiscoveryService, _ variant: DiscoveryVariant) { (self.service, self.variant) = (service, variant) }

    func open(_ stream: ServerStream) -> any StreamSession { service.open(stream, variant) }
}

/// One Envoy's stream.
private final class DiscoveryStream: StreamSession {
    let id: UInt64
    private let stream: ServerStream
    private let service: DiscoveryService
    var session: DiscoverySession
    /// Whether it has asked for anything yet.
    var isKnown = false

    init(_ stream: ServerStream, _ service: DiscoveryService, _ variant: DiscoveryVariant, id: UInt64) {
        self.id = id
        self.stream = stream
        self.service = service
        session = DiscoverySession(variant)
    }

    var isWritable: Bool { stream.isWritable }

    func send(_ message: ByteView) { stream.send(message) }

    func end(_ status: GRPCServerStatus) { stream.end(status) }

    func receive(_ message: ByteView) { service.receive(message, self) }

    /// An Envoy that says nothing more is no longer told anything.
    func inputEnded() { stream.end(.ok) }

    func writable() { service.tell(self) }

    func closed() { service.closed(self) }
}
