import Bytes
import Foundation
public import GatewayCore
import SharedLibraries
import Synchronization

/// Records as messages of a topic, each with its tenant for a key: what concerns one tenant keeps its order.
///
/// The producer is idempotent (KIP-98) and waits for all replicas in sync; a batch counts as delivered once each of its messages is reported so.
public final class KafkaAuditSink: AuditSink {
    /// A message that is not delivered by then is reported as lost, and comes again with the next attempt.
    static let messageTimeout = Duration.seconds(8)

    /// What reports have said of the messages under way. Only the thread that polls touches it.
    private final class Reports {
        var missing = 0
        var fault: Int32 = 0
    }

    /// A producer and its topic, for one thread at a time.
    private final class Producer {
        let library: RDKafka
        let handle: OpaquePointer
        let topic: OpaquePointer
        let reports = Reports()

        init(_ library: RDKafka, _ settings: PlatformConfiguration.Kafka) throws(KafkaFault) {
            self.library = library
            let reports = reports
            let properties =
                try settings.properties() + [
                    ("enable.idempotence", "true"), ("compression.type", settings.compression), ("linger.ms", "5"),
                    ("queue.buffering.max.messages", "\(4 * AuditBatch.maximumRecords)"),
                    ("message.timeout.ms", "\(Int(KafkaAuditSink.messageTimeout / .milliseconds(1)))"),
                ]
            handle = try library.open(properties) { configuration in
                library.confSetOpaque(configuration, Unmanaged.passUnretained(reports).toOpaque())
                library.confSetReport(configuration) { _, message, opaque in
                    guard let message, let opaque else { return }
                    let reports = Unmanaged<Reports>.fromOpaque(opaque).takeUnretainedValue()
                    reports.missing -= 1
                    let error = message.load(fromByteOffset: RDKafka.Message.error, as: Int32.self)
                    if error != 0 { reports.fault = error }
                }
            }
            guard let topic = library.topicNew(handle, settings.topic, nil) else {
                library.destroy(handle, RDKafka.atOnce)
                throw KafkaFault("librdkafka: \(library.describe(library.lastError()))")
            }
            self.topic = topic
        }

        deinit {
            // Nothing must be left that would call back.
            _ = library.purge(handle, RDKafka.everything)
            while reports.missing > 0, library.poll(handle, 100) > 0 {}
            library.topicDestroy(topic)
            library.destroy(handle, RDKafka.atOnce)
        }

        func deliver(_ batch: AuditBatch, _ range: Range<Int>, until deadline: ContinuousClock.Instant) -> AuditDelivery {
            reports.fault = 0
            for index in range {
                while true {
                    let code = send(batch.json(index), key: batch.tenant(index))
                    if code == 0 { break }
                    if code == RDKafka.Code.tooLarge { return settle(.refused(library.describe(code)), until: deadline) }
                    guard code == RDKafka.Code.queueFull, ContinuousClock.now < deadline else {
                        return settle(.unavailable(library.describe(code)), until: deadline)
                    }
                    _ = library.poll(handle, 10)
                }
            }
            return settle(.delivered, until: deadline)
        }

        private func send(_ value: ByteView, key: ByteView) -> Int32 {
            let result = library.produce(
                topic, RDKafka.anyPartition, RDKafka.copies, value.base, value.count, key.isEmpty ? nil : key.base, key.count, nil
            )
            if result != 0 { return library.lastError() }
            reports.missing += 1
            return 0
        }

        /// Waits for the reports of all that was sent.
        private func settle(_ outcome: AuditDelivery, until deadline: ContinuousClock.Instant) -> AuditDelivery {
            while reports.missing > 0 {
                if ContinuousClock.now >= deadline {
                    _ = library.purge(handle, RDKafka.everything)
                    while reports.missing > 0, library.poll(handle, 200) > 0 {}
                    return .unavailable("no report of \(reports.missing) messages in time")
                }
                _ = library.poll(handle, 20)
            }
            if reports.fault == RDKafka.Code.tooLarge { return .refused(library.describe(reports.fault)) }
            return reports.fault == 0 ? outcome : .unavailable(library.describe(reports.fault))
        }
    }

    private let library: RDKafka
    private let settings: PlatformConfiguration.Kafka
    private let lock = NSLock()
    private nonisolated(unsafe) var producer: Producer?

    /// Opens the library; brokers are looked for with the first batch.
    public init(_ settings: PlatformConfiguration.Kafka) throws {
        library = try RDKafka()
        self.settings = settings
    }

    public func deliver(_ batch: AuditBatch, _ range: Range<Int>, within timeout: Duration) -> AuditDelivery {
        lock.withLock {
            do throws(KafkaFault) {
                let current = if let producer { producer } else { try Producer(library, settings) }
                producer = current
                let outcome = current.deliver(batch, range, until: .now + timeout)
                // What an idempotent producer could not deliver stands in the way of what follows, or asks the broker for what not every
                // one has (KIP-360); another producer begins anew.
                if case .unavailable = outcome { producer = nil }
                return outcome
            } catch {
                return .unavailable(error.description)
            }
        }
    }

    public func close() { lock.withLock { producer = nil } }
}
