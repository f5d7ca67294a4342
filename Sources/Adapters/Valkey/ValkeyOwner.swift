public import Bytes
public import RESP

/// Whoever sends commands: told the end of each exactly once, on the client's loop, never from inside `send`.
///
/// A base class instead of a protocol, and a tag instead of a closure: no existential and no allocation a command.
open class ValkeyCommandOwner {
    /// For subclasses.
    public init() {}

    /// The server's reply, never an error; `reply` is good for this call only. Errors inside an array are values of it.
    open func valkeyReplied(_ reply: RESPValue, tag: Int) {}

    /// There is no reply.
    open func valkeyFailed(_ error: ValkeyError, tag: Int) {}
}

/// Whoever keeps copies of keys: told what changes, and when that cannot be known; on the client's loop.
///
/// What was read before `valkeyTrackingRestored` is to be read again. A reply on its way while its key is invalidated may hold the
/// old value: mark the key as changed and read it again when the reply has come.
open class ValkeyTrackingOwner {
    /// For subclasses.
    public init() {}

    /// The key was written, deleted, expired or evicted.
    open func valkeyInvalidated(_ key: ByteView) {}

    /// Every key may have changed: a database was flushed.
    open func valkeyInvalidatedAll() {}

    /// From now on changes may be missed: every copy is stale.
    open func valkeyTrackingLost() {}

    /// From now on every change is told. Also said the first time.
    open func valkeyTrackingRestored() {}
}

/// Which keys to track: all that begin with one of the prefixes (`CLIENT TRACKING ON BCAST`).
///
/// The server refuses prefixes that overlap: no prefix may begin with another.
public struct ValkeyTracking: @unchecked Sendable {
    /// At least one; an empty prefix tracks every key.
    public var prefixes: [String]
    /// Used on the client's loop alone, hence the unchecked conformance.
    public var owner: ValkeyTrackingOwner

    /// What to track, and who is told.
    public init(prefixes: [String], owner: ValkeyTrackingOwner) {
        self.prefixes = prefixes
        self.owner = owner
    }
}
