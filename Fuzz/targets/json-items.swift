import Bytes
import JSON
import Transcoding

nonisolated(unsafe) private let tape = JSONTape(seed: 1)
nonisolated(unsafe) private let element = JSONTape(seed: 2)

/// The first byte seeds the split and chooses the format. A stream of values means the same whole and in pieces, and of an array of JSON
/// the values are its elements.
func fuzz(_ input: ByteView) {
    guard input.count > 0 else { return }
    let bytes = input[1, input.count]
    let format: JSONItems.Format = input[0] & 2 == 0 ? .array : .lines
    let whole = Reading(format)
    whole.take(bytes, isLast: true)
    let split = Reading(format)
    var pieces = Pieces(seed: input[0])
    var at = 0
    repeat {
        let end = min(bytes.count, at + pieces.next())
        split.take(bytes[at, end], isLast: end == bytes.count)
        at = end
    } while at < bytes.count && !split.isOver
    expect(whole.isOver && split.isOver, "a stream that is complete has an end")
    expect(whole.items == split.items, "the same values however they are split")
    expect(whole.fault == split.fault, "the same fault however they are split")
    guard format == .array, tape.parse(bytes) == nil else { return }
    guard tape.kind(0) == .array else { return expect(whole.fault == .notAnArray, "only an array has elements") }
    expect(whole.fault == nil, "JSON is never refused")
    var node = 1
    for item in whole.items {
        expect(node < tape.end(0), "no more values than elements")
        item.withUnsafeBytes { raw in
            expect(element.parse(ByteView(raw)) == nil && element.count == tape.end(node) - node, "a value is an element")
        }
        node = tape.end(node)
    }
    expect(node == tape.end(0), "as many values as elements")
}

private final class Reading {
    private var splitter: JSONItems
    private let buffer = ByteWriter()
    private(set) var items: [[UInt8]] = []
    private(set) var fault: JSONItems.Fault?
    private(set) var isOver = false

    init(_ format: JSONItems.Format) { splitter = JSONItems(format) }

    func take(_ bytes: ByteView, isLast: Bool) {
        buffer.append(bytes)
        var position = 0
        while !isOver {
            switch splitter.next(buffer.view, from: position, isLast: isLast) {
            case .item(let range, let next):
                expect(next > position && range.upper <= UInt32(buffer.count), "a value moves on and lies inside the bytes")
                items.append(Array(buffer.view[range]))
                position = next
            case .needMore(let next):
                expect(!isLast && next >= position, "nothing more comes after the last bytes")
                return buffer.removeFirst(next)
            case .end: isOver = true
            case .invalid(let found):
                fault = found
                isOver = true
            }
        }
    }
}
