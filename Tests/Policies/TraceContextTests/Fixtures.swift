import Bytes
import TraceContext

/// Answers 1, 2, 3, ...
struct Counting: RandomNumberGenerator {
    var last: UInt64 = 0
    mutating func next() -> UInt64 {
        last += 1
        return last
    }
}

/// Answers zero a few times, then ones.
struct ZeroFirst: RandomNumberGenerator {
    var zeros: Int
    mutating func next() -> UInt64 {
        zeros -= 1
        return zeros >= 0 ? 0 : 1
    }
}

func parse(_ text: String) -> TraceParent? { text.withByteView { TraceParent.parse($0) } }

func written(_ body: (ByteWriter) -> Void) -> String {
    let writer = ByteWriter()
    body(writer)
    return String(writer.view)
}
