import Documents
import OpenAPI

/// Whether two documents say the very same, references followed: what thirty services have in common is then told once.
struct Sameness {
    /// A node of one document and one of another.
    private struct Pair: Hashable {
        let left: DocumentMerge.Target
        let right: DocumentMerge.Target
    }

    private struct Question {
        let left: SourceNode
        let right: SourceNode
        let place: Place
    }

    /// Nodes looked at for one answer; what is larger is told twice.
    private static let maximumNodes = 20_000

    /// Known to be the same.
    private var known: Set<Pair> = []

    /// - Parameters:
    ///   - place: Where both stand.
    mutating func holds(
        _ left: SourceNode, of leftDocument: OpenAPIDocument, _ leftPart: Int, _ right: SourceNode,
        of rightDocument: OpenAPIDocument, _ rightPart: Int, _ place: Place
    ) -> Bool {
        // What security schemes a callback's names mean is not looked at.
        guard leftDocument.version == rightDocument.version, place != .callback else { return false }
        // Pairs on the way are taken to be the same until something differs: schemas refer to themselves.
        var assumed: Set<Pair> = []
        var waiting = [Question(left: left, right: right, place: place)]
        var nodes = 0
        while let next = waiting.popLast() {
            nodes += 1
            guard nodes <= Self.maximumNodes else { return false }
            let isReference = next.place.section != nil || next.place == .mappingValue
            if isReference, let a = Self.reference(next.left, next.place), let b = Self.reference(next.right, next.place) {
                guard let first = Self.target(a, of: leftDocument, next.place),
                    let second = Self.target(b, of: rightDocument, next.place)
                else { return false }
                let pair = Pair(
                    left: DocumentMerge.Target(part: leftPart, file: first.file, pointer: first.pointer),
                    right: DocumentMerge.Target(part: rightPart, file: second.file, pointer: second.pointer))
                if !known.contains(pair), assumed.insert(pair).inserted {
                    waiting.append(
                        Question(left: first, right: second, place: next.place == .mappingValue ? .schema : next.place))
                }
                if next.place == .mappingValue { continue }
            }
            guard Self.open(next, into: &waiting) else { return false }
        }
        known.formUnion(assumed)
        return true
    }

    private static func reference(_ node: SourceNode, _ place: Place) -> SourceNode? {
        if place == .mappingValue { return node.string == nil ? nil : node }
        return node["$ref"].flatMap { $0.string == nil ? nil : $0 }
    }

    private static func target(_ reference: SourceNode, of document: OpenAPIDocument, _ place: Place) -> SourceNode? {
        if place == .mappingValue, let name = reference.string,
            let schema = document.bundle.root["components"]?["schemas"]?[name]
        {
            return schema
        }
        return document.bundle.target(of: reference)
    }

    /// Compares two nodes and leaves what is in them to be compared.
    private static func open(_ pair: Question, into waiting: inout [Question]) -> Bool {
        switch (pair.left.kind, pair.right.kind) {
        case (.scalar(let left), .scalar(let right)): return left == right
        case (.sequence(let left), .sequence(let right)):
            guard left.count == right.count else { return false }
            for (a, b) in zip(left, right) { waiting.append(Question(left: a, right: b, place: pair.place)) }
            return true
        case (.mapping(let left), .mapping(let right)):
            guard left.count == right.count else { return false }
            for entry in left {
                let name = entry.key.text ?? ""
                guard let other = pair.right[name] else { return false }
                // The words of a reference may differ where what they lead to is the same.
                if name == "$ref", pair.place.section != nil, entry.value.string != nil, other.string != nil { continue }
                waiting.append(Question(left: entry.value, right: other, place: pair.place.member(name)))
            }
            return true
        default: return false
        }
    }
}
