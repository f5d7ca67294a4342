import Bytes
import HTTP1

/// The first byte seeds the split. A chunked body means the same whole and in pieces: the same data, trailers, end and fault.
func fuzz(_ input: ByteView) {
    guard input.count > 0 else { return }
    let bytes = input[1, input.count]
    var whole = Reading(), split = Reading()
    whole.take(bytes, from: 0)
    var pieces = Pieces(seed: input[0])
    var at = 0
    while at < bytes.count && !split.isOver {
        let end = min(bytes.count, at + pieces.next())
        withExactCopy(bytes[at, end]) { split.take($0, from: at) }
        at = end
    }
    expect(whole.data == split.data, "the same data however it is split")
    expect(whole.end == split.end, "the same end however it is split")
    expect(whole.fault == split.fault, "the same fault however it is split")
    expect(whole.end == nil || whole.trailers.view == split.trailers.view, "the same trailers however they are split")
    if let end = whole.end {
        expect(end <= bytes.count && whole.data.count < end, "a body ends inside the bytes and is smaller than its coding")
        expect(whole.trailers.count <= HTTP1Limits.default.trailerBytes, "trailers keep to their limit")
    }
}

private struct Reading {
    var decoder = ChunkedDecoder()
    let trailers = ByteWriter()
    var data: [UInt8] = []
    var end: Int?
    var fault: HTTP1Fault?
    var isOver: Bool { end != nil || fault != nil }

    mutating func take(_ bytes: ByteView, from start: Int) {
        var at = 0
        while true {
            switch decoder.next(bytes, from: at, trailers: trailers) {
            case .data(let range, let consumed):
                data += Array(bytes[range])
                at = consumed
            case .needMore(let consumed):
                expect(consumed == bytes.count, "whoever asks for more has taken everything")
                return
            case .end(let consumed):
                end = start + consumed
                return
            case .invalid(let fault):
                self.fault = fault
                return
            }
        }
    }
}
