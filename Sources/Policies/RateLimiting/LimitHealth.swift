/// Whether Valkey can be asked, as one loop sees it.
struct LimitHealth {
    enum Phase: Equatable {
        case up
        /// Nobody waits for Valkey; one question at a time finds out whether it is back.
        case down
        /// The keys return one after the other, so that a Valkey that is back does not get the questions of all at once.
        case returning
    }

    private(set) var phase = Phase.up
    private var since: UInt32 = 0
    private var nextProbe: UInt32 = 0

    /// Whether a key is asked for at Valkey. Its place among those that return follows from its hash.
    @inline(__always)
    func isGlobal(_ hash: UInt64, milliseconds: UInt32, settings: LeaseSettings) -> Bool {
        switch phase {
        case .up: true
        case .down: false
        case .returning: ((hash >> 48) &* UInt64(settings.returnMilliseconds)) >> 16 < UInt64(milliseconds &- since)
        }
    }

    /// A question failed; answers whether Valkey was not known to be away.
    mutating func failed(milliseconds: UInt32, settings: LeaseSettings, random: UInt64) -> Bool {
        let wasAsked = phase != .down
        phase = .down
        if wasAsked { since = milliseconds }
        let distance = UInt64(max(2, settings.probeMilliseconds))
        nextProbe = milliseconds &+ UInt32(truncatingIfNeeded: distance / 2 + random % distance)
        return wasAsked
    }

    /// The question that found out was answered.
    mutating func recovered(milliseconds: UInt32) {
        phase = .returning
        since = milliseconds
    }

    func isProbeDue(milliseconds: UInt32) -> Bool { phase == .down && Int32(bitPattern: milliseconds &- nextProbe) >= 0 }

    mutating func tick(milliseconds: UInt32, settings: LeaseSettings) {
        if phase == .returning, UInt64(milliseconds &- since) >= UInt64(settings.returnMilliseconds) { phase = .up }
    }
}
