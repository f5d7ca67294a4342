import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The socket of a channel without TLS, for writing past the channel's handlers and its queue: nearly every answer fits what the
/// kernel takes at once, and the queue costs as much as translating it.
///
/// The channel stays the owner: what the socket does not take goes through it, and so does everything until it is rid of that. It
/// also meets each error anew, so that connections end in one way only.
struct DirectSocket {
    private let core: any NIOTransportAccessibleChannelCore<NIOBSDSocket.Handle>
    /// Whether the channel may hold bytes, which nothing must overtake.
    private var isBehind = false

    /// Nil when the channel has no socket of its own to write to.
    init?(_ channel: any Channel) {
        guard let core = channel._channelCore as? any NIOTransportAccessibleChannelCore<NIOBSDSocket.Handle> else { return nil }
        self.core = core
    }

    /// Notes that the channel was given bytes.
    mutating func fellBehind() { isBehind = true }

    /// Writes what the socket takes now off the front of `bytes`.
    mutating func write(_ bytes: inout ByteBuffer, on channel: @autoclosure () -> (any Channel)?) {
        if isBehind {
            let held = try? channel()?.syncOptions?.getOption(.bufferedWritableBytes)
            guard held == 0 else { return }
            isBehind = false
        }
        let written = bytes.withUnsafeReadableBytes { raw in
            // Throws once the channel has closed its socket, whose number may be another connection's by then.
            (try? core.withUnsafeTransport { send($0, raw.baseAddress, raw.count, Self.flags) }) ?? 0
        }
        if written > 0 { bytes.moveReaderIndex(forwardBy: written) }
    }

    #if canImport(Darwin)
        private static let flags: Int32 = 0
    #else
        private static let flags = Int32(MSG_NOSIGNAL)
    #endif
}
