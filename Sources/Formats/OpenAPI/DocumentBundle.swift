public import Documents

/// A document and the files it refers to, all read; resolving a reference touches nothing else.
public struct DocumentBundle: Sendable {
    /// Files of one bundle; published descriptions split into fewer.
    public static let maximumFiles = 256
    /// Nodes of all files together, twice what one file may have.
    public static let maximumNodes = 2_000_000
    /// Bytes of a `$ref`; a pointer is as long as the names it passes.
    public static let maximumReferenceBytes = 4096
    /// References that may lead to a reference before the chain is called a cycle.
    public static let maximumChain = 32

    /// The root of the document the bundle is about.
    public let root: SourceNode
    let files: [String: SourceNode]

    init(root: SourceNode, files: [String: SourceNode]) {
        self.root = root
        self.files = files
    }

    /// The node behind `node` when it is a reference object, across chains; `node` itself when it is none. Nil when the
    /// reference leads nowhere or in a circle, which was a finding at load.
    public func resolved(_ node: SourceNode) -> SourceNode? {
        var current = node
        for _ in 0..<Self.maximumChain {
            guard let reference = current["$ref"], reference.string != nil else { return current }
            guard let target = target(of: reference) else { return nil }
            current = target
        }
        return nil
    }

    /// The node a `$ref` value names; nil when there is none in the bundle.
    public func target(of reference: SourceNode) -> SourceNode? {
        guard let target = ReferenceTarget(reference), let file = files[target.file] else { return nil }
        return Self.node(at: target.fragment, in: file)
    }

    /// The node at an RFC 6901 pointer, given as a URI fragment with percent-encoding; nil when there is none.
    public static func node(at fragment: String, in root: SourceNode) -> SourceNode? {
        guard let pointer = percentDecoded(fragment) else { return nil }
        if pointer.isEmpty { return root }
        guard pointer.hasPrefix("/") else { return nil }
        var node = root
        for token in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let name = unescaped(token)
            if let value = node[name] {
                node = value
            } else if let elements = node.elements, let index = Int(name), elements.indices.contains(index), "\(index)" == name {
                node = elements[index]
            } else {
                return nil
            }
        }
        return node
    }

    private static func unescaped(_ token: Substring) -> String {
        var text = ""
        var isEscaped = false
        for scalar in token.unicodeScalars {
            if isEscaped {
                text += scalar == "0" ? "~" : scalar == "1" ? "/" : "~" + String(scalar)
                isEscaped = false
            } else if scalar == "~" {
                isEscaped = true
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return isEscaped ? text + "~" : text
    }

    /// Nil when a `%` is not followed by two hexadecimal digits.
    static func percentDecoded(_ text: String) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
