public import Bytes
import RESP

/// A command being written; made once a loop and reused for every command.
///
/// Part after part: `begin`, then `key`, `append` in the order of the command. `ValkeyClient.send` copies it.
public final class ValkeyCommand {
    let body = ByteWriter(capacity: 512)
    private(set) var parts = 0
    private(set) var script: ValkeyScript?
    /// Where the first key is in `body`.
    private var firstKey: ByteRange?

    /// A command without parts, which is refused.
    public init() {}

    /// Begins a command with its name, such as `SMEMBERS`.
    public func begin(_ name: StaticString) { begin(ByteView(name)) }

    /// Begins a command with a name that is no literal.
    public func begin(_ name: ByteView) {
        clear()
        append(name)
    }

    /// Begins a call of a script with this many keys; exactly as many `key` must follow, then its arguments.
    public func begin(_ script: ValkeyScript, keys: Int) {
        clear()
        self.script = script
        append("EVALSHA")
        script.shaBytes.withByteView { append($0) }
        append(decimal: Int64(keys))
    }

    /// A key. The first one decides which server of a cluster is asked: all must be of one slot (share a `{tag}`).
    public func key(_ bytes: ByteView) {
        append(bytes)
        if firstKey == nil { firstKey = ByteRange(body.count - 2 - bytes.count, body.count - 2) }
    }

    /// Any other part.
    public func append(_ bytes: ByteView) {
        body.appendRESP(bytes)
        parts += 1
    }

    /// Any other part.
    public func append(_ literal: StaticString) { append(ByteView(literal)) }

    /// A number.
    public func append(decimal value: Int64) {
        body.appendRESP(decimal: value)
        parts += 1
    }

    /// The slot of the first key; nil for a command without keys.
    var slot: UInt16? { firstKey.map { ValkeyHashSlot.of(body.view[$0]) } }

    /// Memory that a large command leaves behind.
    private static let keptBytes = 64 << 10

    private func clear() {
        body.removeAll(keepingAtMost: Self.keptBytes)
        parts = 0
        script = nil
        firstKey = nil
    }
}
