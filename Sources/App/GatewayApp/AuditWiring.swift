import AuditSpool
import Bytes
import Foundation
import GatewayCore
import HTTPClients
import JSON
import Kafka
import Logging
import PostgreSQL
import Synchronization

/// The audit trail of a running gateway: its spool, and the writer that empties it into the sink.
struct AuditWiring: Sendable {
    let trail: AuditTrail
    private let spool: AuditSpool
    private let writer: AuditWriter

    /// Opens the spool, and takes up what an earlier process left there.
    init(_ configuration: PlatformConfiguration.Audit, loops: Int, logger: Logger) throws(GatewayProcess.StartFault) {
        do {
            spool = try AuditSpool(
                folder: configuration.folder, loops: loops, ringBytes: configuration.ringBytes,
                limit: configuration.whenFull == .dropNewest ? 0 : configuration.spoolBytes)
            trail = AuditTrail(
                rings: spool.rings, whenFull: configuration.whenFull, patience: configuration.patience, state: spool.state)
            let sink = try Self.sink(configuration.sink)
            let fallback = try configuration.fallback.map { try PostgreSQLAuditSink($0) }
            writer = AuditWriter(spool, sink: sink, fallback: fallback, spills: configuration.whenFull != .dropNewest) { fault in
                if let fault {
                    logger.error("the audit sink takes no records; they wait in the spool", metadata: ["reason": "\(fault)"])
                } else {
                    logger.notice("the audit sink takes records again")
                }
            }
        } catch {
            throw .audit("\(error)")
        }
        let contents = spool.contents
        if contents.recovered > 0 || contents.segments > 0 {
            logger.notice(
                "records of an earlier process are delivered now",
                metadata: ["of_rings": "\(contents.recovered)", "segments": "\(contents.segments)"])
        }
    }

    private static func sink(_ sink: PlatformConfiguration.Audit.Sink) throws -> any AuditSink {
        switch sink {
        case .file(let file):
            FileSink(
                FileSink.Settings(
                    path: file.path, maximumBytes: file.maximumBytes, kept: file.kept, synchronises: file.synchronises))
        case .http(let http):
            try AuditPoster(url: http.url, tokenFile: http.tokenFile, certificateAuthorityFile: http.certificateAuthorityFile)
        case .kafka(let kafka): try KafkaAuditSink(kafka)
        }
    }

    func start() { writer.start() }

    /// Delivers what is left; what the sink does not take in time stays for the next process.
    func stop(within limit: Duration) async {
        // It blocks, which no thread of tasks should.
        await withCheckedContinuation { done in
            let thread = Thread {
                writer.stop(within: limit)
                done.resume()
            }
            thread.start()
        }
    }

    var listing: AuditListing {
        let state = trail.state
        return AuditListing(
            whenFull: trail.whenFull.rawValue, written: state.written.load(ordering: .relaxed),
            dropped: state.dropped.load(ordering: .relaxed), delayed: state.delayed.load(ordering: .relaxed),
            refused: state.refused.load(ordering: .relaxed), contents: spool.contents, figures: writer.figures)
    }
}

/// How the audit trail fares.
struct AuditListing: Sendable {
    let whenFull: String
    /// Records that were written, records that had no room, requests that waited for it, requests that were refused for want of it.
    let written: UInt64
    let dropped: UInt64
    let delayed: UInt64
    let refused: UInt64
    let contents: AuditSpool.Contents
    let figures: AuditWriter.Figures

    var ringBytes: Int { contents.ringBytes }
    var segmentBytes: Int { contents.segmentBytes }
    var isSinkUp: Bool { figures.fault == nil }

    /// Names, explanations and values of what only grows.
    var counters: [(name: String, help: String, value: UInt64)] {
        [
            ("records", "Records of calls that were written.", written),
            ("dropped", "Records for which there was no room.", dropped),
            ("delayed", "Requests that waited for room for their record.", delayed),
            ("refused_requests", "Requests refused because there was no room for their record.", refused),
            ("delivered", "Records that the sink has.", figures.delivered),
            ("fell_back", "Records that the fallback has.", figures.fellBack),
            ("set_aside", "Records that the sink refused for good.", figures.refused),
            ("sink_failures", "Deliveries to the sink that failed.", figures.failures),
            ("spilled", "Records that were moved from a ring to a segment.", contents.spilled),
            ("recovered", "Records that an earlier process left in its rings.", contents.recovered),
            ("damaged_bytes", "Bytes of the spool that were no records.", contents.damaged),
        ]
    }

    /// The admin listener's answer.
    var json: String {
        let out = ByteWriter()
        out.append("{")
        out.append(member: "when_full", whenFull)
        for counter in counters {
            out.append(utf8: ",\"\(counter.name)\":\(counter.value)")
        }
        out.append(member: "ring_bytes", contents.ringBytes)
        out.append(member: "segment_bytes", contents.segmentBytes)
        out.append(member: "segments", contents.segments)
        if let fault = figures.fault { out.append(member: "sink_fault", fault) }
        if let fault = contents.fault { out.append(member: "spool_fault", "\(fault)") }
        out.append("}")
        return String(out.view)
    }
}
