/// Asks a component of the platform whether it is well.
public protocol ComponentProbe: Sendable {
    /// Asks once. Whoever calls gives up after `timeout`, whatever this does; the next question then comes while this one still waits.
    func ask(within timeout: Duration) async -> ProbeAnswer
}

/// What a component said.
public enum ProbeAnswer: Sendable, Hashable {
    case well
    /// No answer in time.
    case silent
    /// It cannot be reached, refuses, or says that it is not well.
    case failed(String)
}
