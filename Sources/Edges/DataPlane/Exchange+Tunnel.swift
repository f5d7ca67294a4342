import GatewayCore
import NIOCore

/// An upgraded connection (WebSocket and others): bytes pass both ways until either side ends.
extension Exchange {
    /// How long a tunnel may stay silent in both directions.
    static let tunnelIdleMilliseconds: Int64 = 5 * 60 * 1000

    func becomeTunnel(_ rest: ByteBuffer) {
        responseProgress = .tunnel
        bodyMode = .discard
        bodyProgress = .complete
        mustCloseClient = true
        touchTunnel()
        // A tunnel may stay for days: its record is of the beginning.
        record(isAnswered: true)
        if rest.readableBytes > 0 { client?.write(rest) }
        client?.flush()
        client?.becomeTunnel()
    }

    func tunnelFromClient(_ bytes: ByteBuffer) {
        guard let upstream else { return }
        touchTunnel()
        upstream.write(bytes)
        upstream.flush()
        if !upstream.isWritable { client?.pauseReading() }
    }

    func tunnelFromUpstream(_ bytes: ByteBuffer) {
        guard let client else { return }
        touchTunnel()
        client.write(bytes)
        client.flush()
        if !client.isWritable { upstream?.pauseReading() }
    }

    /// The client ended its direction; the upstream may still have something to say.
    func tunnelClientEnded() { upstream?.closeOutput() }

    func tunnelUpstreamEnded(isHalf: Bool) {
        if isHalf { client?.closeOutput() } else { finish() }
    }

    private func touchTunnel() { deadline = worker.now + Self.tunnelIdleMilliseconds }
}
