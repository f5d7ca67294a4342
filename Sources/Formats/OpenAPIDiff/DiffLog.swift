import Documents

/// Collects changes; what a shared component leads to is said once.
final class DiffLog {
    private(set) var changes: [DocumentChange] = []
    private(set) var isComplete = true
    private var seen: Set<Key> = []

    private struct Key: Hashable {
        var code: String
        var node: ObjectIdentifier
        var message: String
    }

    func report(
        _ level: DocumentChange.Level, _ code: String, _ side: DocumentChange.Side, at node: SourceNode, _ place: String,
        _ message: String
    ) {
        guard seen.insert(Key(code: code, node: ObjectIdentifier(node), message: message)).inserted else { return }
        guard changes.count < DocumentDiff.maximumChanges else { return cutShort() }
        changes.append(DocumentChange(level: level, code: code, side: side, at: node, place: place, message: message))
    }

    func cutShort() { isComplete = false }
}
