/// What is known of one fact: 16 bytes, so that a million tenants fit.
///
/// States: never read; believed (read, and every change since would have been told); doubted (read once, but changes may have been
/// missed). Whether it is being read just now, `TenantDirectory` knows.
struct FactCell<Value: AnyObject> {
    /// The answer; nil is an answer too.
    private(set) var value: Value?
    /// The first tick at which it is no longer believed.
    private var until: UInt32 = 0
    /// The directory's epoch when it was read; 0 when it never was.
    private var epoch: UInt32 = 0

    /// Whether there is an answer at all.
    var isKnown: Bool { epoch != 0 }

    @inline(__always)
    func isBelieved(epoch: UInt32, tick: UInt32) -> Bool { self.epoch == epoch && tick < until }

    mutating func learn(_ value: Value?, epoch: UInt32, until: UInt32) {
        self.value = value
        self.epoch = epoch
        self.until = until
    }

    /// It has changed: what was known is wrong.
    mutating func forget() {
        value = nil
        epoch = 0
        until = 0
    }

    /// The tick since which the answer is doubted; nil when there is none or it is too old to say.
    func doubtedSince(epoch now: UInt32, losses: LossTimes) -> UInt32? {
        guard isKnown else { return nil }
        return epoch == now ? until : losses.end(of: epoch, now: now).map { min($0, until) }
    }
}

/// When the last few epochs ended.
struct LossTimes {
    /// Losses in a row that are told apart; what is older is not believed in any case.
    private static let kept: UInt32 = 16
    private var ends = [UInt32](repeating: 0, count: Int(kept))

    /// The tick at which `epoch` ended; nil when that is too long ago.
    func end(of epoch: UInt32, now: UInt32) -> UInt32? {
        epoch < now && now - epoch <= Self.kept ? ends[Int(epoch % Self.kept)] : nil
    }

    mutating func note(end tick: UInt32, of epoch: UInt32) { ends[Int(epoch % Self.kept)] = tick }
}
