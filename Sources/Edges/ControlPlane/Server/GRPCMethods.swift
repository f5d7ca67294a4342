public import Bytes

/// A method with one request and one reply.
///
/// One instance serves one event loop: nothing of it is called from elsewhere.
public protocol UnaryMethod: AnyObject {
    /// Bytes of the largest request; larger ones end with RESOURCE_EXHAUSTED before they are read.
    var messageLimit: Int { get }

    /// Answers a call, or keeps it waiting.
    ///
    /// - Parameters:
    ///   - message: The request, valid during the call.
    ///   - reply: Where the reply is written; empty before. Only sent with a status that is OK.
    ///   - handle: How a call that was parked is ended later. Useless for one that was answered.
    func call(_ message: ByteView, reply: ByteWriter, handle: CallHandle) -> UnaryOutcome
}

/// What a unary method made of a call.
public enum UnaryOutcome {
    /// It ends with this status, and with the reply if that is OK.
    case done(GRPCServerStatus)
    /// `CallHandle.complete` ends it later. The method bounds how many wait.
    case parked
}

/// A method whose client, server or both send any number of messages.
///
/// One instance serves one event loop.
public protocol StreamMethod: AnyObject {
    /// Bytes of the largest message of a client; larger ones end the stream with RESOURCE_EXHAUSTED before they are read.
    var messageLimit: Int { get }

    /// Begins a stream. It may be written to at once.
    func open(_ stream: ServerStream) -> any StreamSession
}

/// One stream's side of a method: told what the client does, on the stream's event loop.
///
/// The stream holds it until `closed`, which comes exactly once and last of all, whoever ended the stream.
public protocol StreamSession: AnyObject {
    /// A message; valid during the call. None come while the stream is not writable.
    func receive(_ message: ByteView)
    /// The client sends nothing more. The stream goes on until `ServerStream.end`.
    func inputEnded()
    /// The stream accepts messages again after `ServerStream.isWritable` was false.
    func writable()
    /// The stream is over: ended, reset by the client, out of time, or without a connection.
    func closed()
}

/// A call that waits for its answer, and that may be gone before there is one.
public struct CallHandle {
    let stream: ServerStream
    let generation: UInt32

    /// Whether somebody still waits for the answer.
    public var isOpen: Bool { stream.generation == generation }

    /// Ends the call, with the reply if the status is OK; without effect when it is over already.
    public func complete(_ status: GRPCServerStatus, reply: ByteView = .empty) {
        guard isOpen else { return }
        stream.answer(status, reply)
    }
}
