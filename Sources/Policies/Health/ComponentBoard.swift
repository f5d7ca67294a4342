/// What the last probe of every component found, and how each came to be so.
///
/// Probes are independent of each other: each writes its own slot, in any order.
public struct ComponentBoard: Sendable, Hashable {
    /// A component that went from one state to another.
    public struct Change: Sendable, Hashable {
        /// Milliseconds since 1970.
        public let at: Int64
        /// nil for the first probe since the start.
        public let from: ComponentState?
        public let to: ComponentState
        /// The words of the new state; nil when healthy.
        public let error: String?
    }

    /// How many changes are kept of each component; the oldest go first.
    public static let mostChanges = 16

    private struct Slot: Sendable, Hashable {
        var status: ComponentStatus?
        var changes: [Change] = []
    }

    private var slots: [Slot]

    /// - Parameter count: How many components there are.
    public init(count: Int) { slots = Array(repeating: Slot(), count: max(0, count)) }

    /// Takes what a probe of the component at `index` found. A change of latency or words alone is no change of state.
    ///
    /// - Parameters:
    ///   - index: The component's place in configuration order; one that does not exist is ignored.
    ///   - now: Milliseconds since 1970.
    public mutating func record(_ status: ComponentStatus, at index: Int, now: Int64) {
        guard slots.indices.contains(index) else { return }
        let before = slots[index].status?.state
        slots[index].status = status
        guard before != status.state else { return }
        if slots[index].changes.count >= Self.mostChanges { slots[index].changes.removeFirst() }
        slots[index].changes.append(Change(at: now, from: before, to: status.state, error: status.error))
    }

    /// What is known, in configuration order; a component whose first probe still runs is left out.
    public var statuses: [ComponentStatus] { slots.compactMap(\.status) }

    /// The last changes of the component at `index`, oldest first.
    public func changes(at index: Int) -> [Change] { slots.indices.contains(index) ? slots[index].changes : [] }

    /// `{"components":[…]}` with the last changes of each, as the admin listener shows it.
    public var json: String {
        let components = slots.compactMap { slot in
            slot.status.map { status in
                "{\"name\":\(status.name.jsonString),\"status\":\"\(status.state.rawValue)\","
                    + "\"latencyMs\":\(status.latencyMs.map(String.init) ?? "null"),\"critical\":\(status.isCritical),"
                    + "\"error\":\(status.error?.jsonString ?? "null"),"
                    + "\"changes\":[\(slot.changes.map(Self.text).joined(separator: ","))]}"
            }
        }
        return "{\"components\":[\(components.joined(separator: ","))]}"
    }

    private static func text(_ change: Change) -> String {
        let from = change.from.map { "\"\($0.rawValue)\"" } ?? "null"
        return "{\"at\":\(change.at),\"from\":\(from),\"to\":\"\(change.to.rawValue)\","
            + "\"error\":\(change.error?.jsonString ?? "null")}"
    }
}
