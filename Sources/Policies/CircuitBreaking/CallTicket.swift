/// What the breakers say to a call.
public enum Admission: Hashable, Sendable {
    /// Make the call, then report its end with the ticket.
    case allowed(CallTicket)
    /// The service breaker refuses all calls; milliseconds until it is worth asking again, at least 1.
    case refusedService(retryAfterMilliseconds: Int64)
    /// The service is refused to this tenant alone; milliseconds until it is worth asking again, at least 1.
    case refusedTenant(retryAfterMilliseconds: Int64)

    /// The ticket of an allowed call.
    public var ticket: CallTicket? {
        if case .allowed(let ticket) = self { ticket } else { nil }
    }
}

/// The proof of an admission: 16 bytes without references, to be handed back once with the call's end.
///
/// A ticket that is never handed back is harmless: a probe's place is given away when its lease is over. A report that comes after
/// that, or after the breaker changed its state, is recognised and not judged.
public struct CallTicket: Hashable, Sendable {
    /// The keyed hash of the tenant; 0 for none.
    public let tenant: UInt64
    /// The service breaker's epoch at admission.
    let epoch: UInt32
    /// The epoch of the tenant's entry at admission; 0 when it had none.
    let tenantEpoch: UInt32
}

/// How a call ended, as breakers see it.
public enum CallOutcome: Sendable {
    /// The service answered.
    case success
    /// The service failed: see `CallFailureClass`.
    case failure
    /// Nothing was learned about the service: the client left, or the call was not made after all.
    case ignored
}

/// Transitions that a report caused; the loop that caused one is the only one to see it, so each can be logged once.
public struct BreakerEvents: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The service breaker opened, or opened again after a failed probe.
    public static let serviceOpened = Self(rawValue: 1)
    public static let serviceClosed = Self(rawValue: 2)
    /// The ticket's tenant is refused from now on, or again after a failed probe.
    public static let tenantIsolated = Self(rawValue: 4)
    public static let tenantReleased = Self(rawValue: 8)
}
