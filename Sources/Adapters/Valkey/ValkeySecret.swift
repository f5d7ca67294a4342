import Synchronization

/// Text that no description, dump or log shows, and that can be replaced while clients use it: their next connections show the new one.
public final class ValkeySecret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let current: Mutex<String>

    /// Wraps the text, which only the handshake reads again.
    public init(_ text: String) { current = Mutex(text) }

    var text: String { current.withLock { $0 } }

    public func replace(_ text: String) { current.withLock { $0 = text } }

    public static func == (one: ValkeySecret, other: ValkeySecret) -> Bool { one.text == other.text }

    /// Three stars.
    public var description: String { "***" }
    /// Three stars.
    public var debugDescription: String { "***" }
    /// Without children, so that a dump shows none.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
