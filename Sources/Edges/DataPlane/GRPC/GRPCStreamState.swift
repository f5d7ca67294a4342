/// What a stream call delivers.
enum GRPCReplies {
    /// One message at the end of a call that ended well: client streaming. It cannot be paused.
    case one
    /// Each message as it completes: server streaming and both ways.
    case many
    /// Each message as it completes, with its prefix and compression; what is sent is framed already, in portions of any size.
    /// For clients that speak gRPC themselves.
    case framed
}

/// Where a stream call stands, beside its buffers.
struct GRPCStreamState {
    /// It has no deadline.
    var isEndless = false
    /// How long nothing may happen in either direction, in milliseconds.
    var idleLimit = Int64.max
    /// When something last did.
    var lastActivity: Int64 = 0

    /// The owner has sent its last message.
    var isRequestComplete = false
    /// `send` answered false, and `grpcWritable` did not follow yet.
    var awaitsWritable = false
    /// `grpcWritable` is to follow at the end of the turn.
    var isWritable = false

    /// The owner wants no messages for now.
    var isPaused = false
    /// Some message was delivered.
    var hasDelivered = false
    /// Bytes received that the stream's window was not given back.
    var uncredited = 0
    /// The HTTP status of an answer whose trailers wait for the owner to take the messages before them, or nil.
    var heldStatus: Int?

    /// Whether the end of the turn has something for the owner.
    var isDue = false

    /// Whether too long nothing happened that the owner does not itself hold up.
    func isIdle(now: Int64) -> Bool { !isPaused && heldStatus == nil && now - lastActivity >= idleLimit }
}
