import Bytes
import Glibc

/// What libFuzzer calls with every input; each target defines `fuzz`.
@_cdecl("LLVMFuzzerTestOneInput")
public func runOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    fuzz(ByteView(UnsafeRawBufferPointer(start: data, count: size)))
    return 0
}

/// Ends the run as a finding, with the property that does not hold, unless `condition` does.
func expect(_ condition: @autoclosure () -> Bool, _ property: String) {
    guard !condition() else { return }
    let line = Array("broken: \(property)\n".utf8)
    line.withUnsafeBytes { _ = write(2, $0.baseAddress, $0.count) }
    abort()
}

/// A copy of bytes in memory of exactly their size, so that the sanitizer sees the first byte read past them.
func withExactCopy<Result>(_ bytes: ByteView, _ body: (ByteView) -> Result) -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: UnsafeRawBufferPointer(start: bytes.base, count: bytes.count))
    return body(ByteView(UnsafeRawBufferPointer(copy)))
}

/// Lengths of the pieces an input is split into, drawn from a seed so that a finding can be repeated.
struct Pieces {
    private var state: UInt64
    private let longest: Int

    init(seed: UInt8) {
        state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        longest = seed & 1 == 0 ? 1 : 1 + Int(seed >> 2)
    }

    mutating func next() -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return 1 + Int(state % UInt64(longest))
    }
}
