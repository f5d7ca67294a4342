#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whole lines to a file descriptor, each at once, so that a caller may wait for every answer.
struct LineWriter {
    let descriptor: Int32

    /// Writes the line and a line feed; gives up when nobody reads any more.
    func write(_ line: [UInt8]) {
        let bytes = line + [UInt8(ascii: "\n")]
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count, let base = buffer.baseAddress {
                #if canImport(Glibc)
                    let count = Glibc.write(descriptor, base + done, buffer.count - done)
                #else
                    let count = Musl.write(descriptor, base + done, buffer.count - done)
                #endif
                guard count > 0 else { exit(0) }
                done += count
            }
        }
    }
}
