#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Lines of a file descriptor, each bounded.
final class LineReader {
    enum Outcome {
        /// A line without its line feed.
        case line([UInt8])
        /// A line beyond the bound; it was skipped.
        case tooLong
        case end
    }

    /// Room for the largest documents of any suite.
    static let maximumBytes = 64 << 20
    private static let chunkBytes = 1 << 16

    private let descriptor: Int32
    private var pending: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// The next line that is not empty; the last one may lack its line feed.
    func next() -> Outcome {
        var searched = start
        var isSkipping = false
        while true {
            if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(pending[start..<end])
                start = end + 1
                searched = start
                if isSkipping || line.count > Self.maximumBytes { return .tooLong }
                if !line.isEmpty { return .line(line) }
                continue
            }
            if isAtEnd {
                let line = Array(pending[start...])
                start = pending.count
                if isSkipping { return .tooLong }
                return line.isEmpty ? .end : .line(line)
            }
            if pending.count - start > Self.maximumBytes {
                isSkipping = true
                start = pending.count
            }
            pending.removeFirst(start)
            start = 0
            searched = pending.count
            fill()
        }
    }

    private func fill() {
        let chunk = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, Self.chunkBytes))
        }
        if chunk.isEmpty { isAtEnd = true }
        pending += chunk
    }
}
