import Bytes
import JSON
import Synchronization

/// What differed from the documents since the start: one table for each loop, which its loop alone writes.
///
/// The lock is for the reader, who comes rarely. Bounded: an operation that differs in everything must not push out the others.
public final class DriftLog: Sendable {
    /// Differences a table holds; a document of a thousand operations that all differ in four ways.
    static let maximumEntries = 4096
    /// Differences of one operation.
    static let maximumEntriesOfOperation = 64

    private struct State {
        var entries: [Difference: DriftEntry] = [:]
        var perOperation: [String: Int] = [:]
        var dropped: UInt64 = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Notes a difference at a time in Unix seconds.
    public func record(_ difference: Difference, at now: Int64) {
        state.withLock { state in
            if state.entries[difference] != nil {
                state.entries[difference]?.count += 1
                state.entries[difference]?.lastSeen = now
                return
            }
            let ofOperation = state.perOperation[difference.operation, default: 0]
            guard state.entries.count < Self.maximumEntries, ofOperation < Self.maximumEntriesOfOperation else {
                state.dropped += 1
                return
            }
            state.perOperation[difference.operation] = ofOperation + 1
            state.entries[difference] = DriftEntry(difference: difference, count: 1, firstSeen: now, lastSeen: now)
        }
    }

    /// The report over the tables of all loops: by operation, requests before responses.
    public static func report(_ logs: [DriftLog]) -> DriftReport {
        var merged: [Difference: DriftEntry] = [:]
        var dropped: UInt64 = 0
        for log in logs {
            let (entries, lost) = log.state.withLock { (Array($0.entries.values), $0.dropped) }
            dropped += lost
            for entry in entries {
                guard var known = merged[entry.difference] else {
                    merged[entry.difference] = entry
                    continue
                }
                known.count += entry.count
                known.firstSeen = min(known.firstSeen, entry.firstSeen)
                known.lastSeen = max(known.lastSeen, entry.lastSeen)
                merged[entry.difference] = known
            }
        }
        return DriftReport(entries: merged.values.sorted { $0.difference.order < $1.difference.order }, dropped: dropped)
    }
}

/// How messages differ from their documents.
public struct DriftReport: Sendable, Equatable {
    public let entries: [DriftEntry]
    /// Differences seen for which there was no room.
    public let dropped: UInt64

    /// `{"drift":[{operation, direction, status?, field, pointer, code, subject?, count, firstSeen, lastSeen}], "dropped": n}`, times in Unix seconds.
    public var json: String {
        let out = ByteWriter()
        out.append("{\"drift\":[")
        for (index, entry) in entries.enumerated() {
            if index > 0 { out.append(",") }
            let difference = entry.difference
            out.append("{")
            out.append(member: "operation", difference.operation)
            out.append(member: "direction", difference.direction.rawValue)
            if difference.status != 0 { out.append(member: "status", difference.status) }
            out.append(member: "field", difference.field)
            out.append(member: "pointer", difference.pointer)
            out.append(member: "code", difference.code)
            if let subject = difference.subject { out.append(member: "subject", subject) }
            out.append(member: "count", Int(clamping: entry.count))
            out.append(member: "firstSeen", Int(entry.firstSeen))
            out.append(member: "lastSeen", Int(entry.lastSeen))
            out.append("}")
        }
        out.append("],\"dropped\":")
        out.append(decimal: dropped)
        out.append("}")
        return String(out.view)
    }
}

extension Difference {
    /// As many parts as tuples are compared by; an operation and its direction are told apart by the blank.
    fileprivate var order: (String, Int, String, String, String, String) {
        ("\(operation) \(direction.rawValue)", status, field, pointer, code, subject ?? "")
    }
}
