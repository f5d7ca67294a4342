/// Text in place of a range of a document.
struct TextChange {
    let range: Range<Int>
    let text: String
    /// Of lines that are added: the blanks before them. Where two blocks end at one line, the inner one goes on first.
    let indentation: Int

    init(_ range: Range<Int>, _ text: String, indentation: Int = 0) {
        self.range = range
        self.text = text
        self.indentation = indentation
    }

    init(at offset: Int, _ text: String, indentation: Int = 0) { self.init(offset..<offset, text, indentation: indentation) }

    /// The document with all changes made; nil when two of them touch the same characters.
    static func apply(_ changes: [TextChange], to bytes: [UInt8]) -> [UInt8]? {
        let sorted = changes.enumerated().sorted {
            ($0.element.range.lowerBound, $0.element.range.upperBound, -$0.element.indentation, $0.offset)
                < ($1.element.range.lowerBound, $1.element.range.upperBound, -$1.element.indentation, $1.offset)
        }.map(\.element)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + changes.reduce(0) { $0 + $1.text.utf8.count })
        var at = 0
        for change in sorted {
            guard change.range.lowerBound >= at, change.range.upperBound <= bytes.count else { return nil }
            result += bytes[at..<change.range.lowerBound]
            result += change.text.utf8
            at = change.range.upperBound
        }
        return result + bytes[at...]
    }
}
