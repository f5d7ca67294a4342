/// Text that no description, dump or log shows.
public struct ValkeySecret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let text: String

    /// Wraps the text, which only the handshake reads again.
    public init(_ text: String) { self.text = text }

    /// Three stars.
    public var description: String { "***" }
    /// Three stars.
    public var debugDescription: String { "***" }
    /// Without children, so that a dump shows none.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
