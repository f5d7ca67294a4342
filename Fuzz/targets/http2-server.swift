import Bytes
import HTTP2

/// The first byte seeds the split and says whether the connection's start is part of the input or comes before it.
func fuzz(_ input: ByteView) {
    guard input.count > 0 else { return }
    var bytes = input[0] & 1 == 0 ? HTTP2Frames.preface + HTTP2Frames.settings + HTTP2Frames.settingsAcknowledged : []
    bytes += Array(input[1, input.count])
    bytes.withByteView { playBothWays(seed: input[0] >> 1, $0, skippingSent: 0) { HTTP2Session(role: .server) } }
}
