import Bytes
import DataPlane
import Documents
import Files
import Flags
import Foundation
import GatewayCore
import HTTPClients
import Health
import JSON
import Logging
import NIOPosix
import Synchronization
import Valkey

/// Knows what flags say: from a file, or from a relay with copies in Valkey and on the disk.
///
/// What is known stays until something newer is read; a copy is as good as the relay's word until the relay speaks.
final class FlagKeeper: Sendable {
    /// Where what is in force comes from.
    enum Origin: String, Sendable {
        case file, relay, valkey, disk
    }

    /// How flags stand.
    struct Standing: Sendable {
        var set: FlagSet?
        var origin: Origin?
        /// When the source last said so, in seconds since 1970.
        var confirmed: Int64 = 0
        var polls: UInt64 = 0
        var failures: UInt64 = 0
        /// Why the last question failed.
        var fault: String?
    }

    static let valkeyKey = "flags:configuration"
    /// How soon a relay is asked again of which nothing is known yet.
    private static let eagerInterval = Duration.seconds(1)
    /// How often a file is looked at; a change is taken at the second look that sees it.
    private static let fileInterval = Duration.milliseconds(500)

    private let configuration: PlatformConfiguration.Flags
    private let relay: FlagRelay?
    private let file: WatchedFile?
    private let copy: DurableFile?
    private let valkey: ValkeySettings?
    private let logger: Logger
    private let publish: @Sendable (FlagSet) -> Void
    private let state = Mutex(Standing())
    private let tag = Mutex<String?>(nil)
    private let caller = Mutex<ValkeyCaller?>(nil)

    /// - Parameter publish: hands a set to the loops.
    init(
        _ configuration: PlatformConfiguration.Flags, valkey: ValkeySettings?, logger: Logger,
        publish: @escaping @Sendable (FlagSet) -> Void
    ) throws {
        self.configuration = configuration
        self.logger = logger
        self.publish = publish
        switch configuration.source {
        case .file(let path):
            (relay, copy, self.valkey) = (nil, nil, nil)
            file = WatchedFile(path, maximumBytes: FlagSet.maximumBytes)
        case .relay(let relay):
            self.relay = try FlagRelay(relay, maximumBytes: FlagSet.maximumBytes)
            copy = relay.copy.map { DurableFile($0) }
            self.valkey = valkey
            file = nil
        }
    }

    var standing: Standing { state.withLock { $0 } }

    /// What keeps the process from taking traffic.
    var conditions: ReadinessConditions { state.withLock { $0.set == nil } ? .flagCacheNotWarmed : [] }

    /// What can be known before the first request is served: the relay's word, or else a copy.
    func prepare() async {
        await look()
        guard standing.set == nil, relay != nil else { return }
        if let bytes = await copied() { take(bytes, from: .valkey) }
        if standing.set == nil, let copy {
            switch FileReader.read(copy.path, maximumBytes: FlagSet.maximumBytes) {
            case .success(let (bytes, _)): take(bytes, from: .disk)
            case .failure(let fault) where fault.code == .missing: break
            case .failure(let fault): logger.warning("the copy of flags cannot be read: \(fault.message)")
            }
        }
        if standing.set == nil { logger.error("no flags are known: every flag is off, and the gateway is not ready") }
    }

    /// Looks again and again until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let isEager = state.withLock { $0.set == nil }
            // Gateways that were started together should not ask together.
            let jitter = Double.random(in: 0.9...1.1)
            let interval = file != nil ? Self.fileInterval : isEager ? Self.eagerInterval : configuration.interval * jitter
            do { try await Task.sleep(for: interval) } catch { break }
            await look()
        }
        caller.withLock { $0 }?.close()
    }

    private func look() async {
        if let file { return look(at: file) }
        guard let relay else { return }
        state.withLock { $0.polls += 1 }
        do throws(FlagRelay.Fault) {
            switch try await relay.ask(tag.withLock { $0 }) {
            case .unchanged: confirm()
            case .changed(let bytes, let newTag):
                guard take(bytes, from: .relay) else { return }
                tag.withLock { $0 = newTag }
                await keep(bytes)
            }
        } catch {
            guard !Task.isCancelled else { return }
            fail(error.message)
        }
    }

    private func look(at file: WatchedFile) {
        switch file.contentsIfChanged() {
        case .success(nil): break
        case .success(let bytes?):
            state.withLock { $0.polls += 1 }
            take(bytes, from: .file)
        case .failure(let fault): fail(fault.message)
        }
    }

    /// Puts flags in force; false when the document is refused whole.
    @discardableResult
    private func take(_ bytes: [UInt8], from origin: Origin) -> Bool {
        switch FlagSet.read(bytes, file: place(of: origin)) {
        case .failure(let fault):
            fail(fault.message)
            return false
        case .success(let set):
            for finding in set.findings { logger.error("\(finding)") }
            state.withLock { state in
                state.set = set
                state.origin = origin
            }
            if origin == .relay || origin == .file { confirm() }
            logger.notice("flags", metadata: ["known": "\(set.flags.count)", "from": "\(origin.rawValue)"])
            publish(set)
            return true
        }
    }

    private func place(of origin: Origin) -> String {
        switch (origin, configuration.source) {
        case (.file, .file(let path)): path
        case (.disk, .relay(let relay)): relay.copy ?? "copy"
        case (.valkey, _): Self.valkeyKey
        default: "relay"
        }
    }

    private func confirm() {
        let wasAway = state.withLock { state in
            defer { state.fault = nil }
            state.confirmed = Int64(Date().timeIntervalSince1970)
            if relay != nil { state.origin = .relay }
            return state.fault != nil
        }
        if wasAway { logger.notice("the source of flags answers again") }
    }

    /// Says once that the source is away.
    private func fail(_ message: String) {
        let isNews = state.withLock { state in
            defer { state.fault = message }
            state.failures += 1
            return state.fault == nil
        }
        if isNews { logger.warning("what is known of flags stays: \(message)") }
    }

    // MARK: Copies

    private func keep(_ bytes: [UInt8]) async {
        if let copy {
            do throws(FileFault) { try copy.replace(bytes) } catch { logger.warning("the copy of flags: \(error.message)") }
        }
        guard let caller = await connected() else { return }
        do { try await caller.call("SET", key: Self.valkeyKey, [bytes]) } catch {
            logger.warning("the copy of flags cannot be written to Valkey: \(error)")
        }
    }

    private func copied() async -> [UInt8]? {
        guard let caller = await connected(), let answer = try? await caller.call("GET", key: Self.valkeyKey) else { return nil }
        return if case .text(let bytes) = answer { bytes } else { nil }
    }

    private func connected() async -> ValkeyCaller? {
        if let known = caller.withLock({ $0 }) { return known }
        guard let valkey else { return nil }
        let made = try? await ValkeyCaller(
            valkey.endpoint, security: valkey.security, tracking: nil, maximumBytes: FlagSet.maximumBytes,
            name: "septem-gateway-flags", loop: MultiThreadedEventLoopGroup.singleton.any())
        caller.withLock { $0 = made }
        return made
    }
}

/// Flags as operators see them.
struct FlagListing {
    private let standing: FlagKeeper.Standing

    init(_ standing: FlagKeeper.Standing) { self.standing = standing }

    /// `{"source", "confirmed", "polls", "failures", "fault", "flags":[{name, version, variations}], "findings"}`.
    var json: String {
        let out = ByteWriter()
        out.append("{")
        out.append(member: "source", standing.origin?.rawValue ?? "none")
        if standing.confirmed > 0 { out.append(member: "confirmed", UTCTime(unixSeconds: standing.confirmed).text) }
        out.append(member: "polls", Int(clamping: standing.polls))
        out.append(member: "failures", Int(clamping: standing.failures))
        if let fault = standing.fault { out.append(member: "fault", fault) }
        out.append(",\"flags\":")
        out.append(objects: (standing.set?.flags.values).map { $0.sorted { $0.name < $1.name } } ?? []) { flag in
            out.append(member: "name", flag.name)
            if let version = flag.version { out.append(member: "version", version) }
            out.append(",\"variations\":{")
            for (index, variation) in flag.variations.enumerated() {
                if index > 0 { out.append(",") }
                out.append(jsonString: variation.name)
                out.append(":")
                variation.json.withByteView { out.append($0) }
            }
            out.append("}")
        }
        out.append(",")
        FindingListing(standing.set?.findings ?? []).append(to: out)
        out.append("}")
        return String(out.view)
    }
}
