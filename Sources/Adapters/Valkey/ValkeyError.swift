import Bytes

/// Why a command has no reply.
public enum ValkeyError: Error, Equatable, Sendable {
    /// Too much waits already, or the command is too large; it was not sent.
    case refused
    /// There is no connection to the server that would answer; the command was not sent.
    case notConnected
    /// The connection was lost after the command was sent: it may have been carried out.
    case connectionLost
    /// No answer in time; the command may be carried out yet.
    case timeout
    /// The server's error, its code and the rest of its text.
    case server(code: ValkeyErrorCode, message: String)
    /// The server said what the protocol does not allow; the connection was closed.
    case protocolViolation

    /// A name for metric labels.
    public var label: StaticString {
        switch self {
        case .refused: "refused"
        case .notConnected: "not_connected"
        case .connectionLost: "connection_lost"
        case .timeout: "timeout"
        case .server(let code, _): code.label
        case .protocolViolation: "protocol_violation"
        }
    }
}

/// The first word of a server's error, as far as it says what to do.
public enum ValkeyErrorCode: UInt8, Equatable, Sendable, CaseIterable {
    case err
    case moved
    case ask
    case tryAgain
    case clusterDown
    case crossSlot
    case loading
    case masterDown
    case readOnly
    case noScript
    case busy
    case noAuth
    case wrongPassword
    case noPermission
    case outOfMemory
    case misconfigured
    case noReplicas
    case wrongType
    case noProtocol
    case unkillable
    /// Any other word.
    case other

    /// The code of an error's text.
    init(_ word: ByteView) { self = Self.allCases.first { word == $0.word } ?? .other }

    /// The word the server sends.
    var word: StaticString {
        switch self {
        case .err: "ERR"
        case .moved: "MOVED"
        case .ask: "ASK"
        case .tryAgain: "TRYAGAIN"
        case .clusterDown: "CLUSTERDOWN"
        case .crossSlot: "CROSSSLOT"
        case .loading: "LOADING"
        case .masterDown: "MASTERDOWN"
        case .readOnly: "READONLY"
        case .noScript: "NOSCRIPT"
        case .busy: "BUSY"
        case .noAuth: "NOAUTH"
        case .wrongPassword: "WRONGPASS"
        case .noPermission: "NOPERM"
        case .outOfMemory: "OOM"
        case .misconfigured: "MISCONF"
        case .noReplicas: "NOREPLICAS"
        case .wrongType: "WRONGTYPE"
        case .noProtocol: "NOPROTO"
        case .unkillable: "UNKILLABLE"
        case .other: "other"
        }
    }

    /// A name for metric labels.
    public var label: StaticString { word }
}

/// An error reply taken apart: the first word and what follows it.
struct ValkeyServerError {
    let code: ValkeyErrorCode
    let rest: ByteView
    private let text: ByteView

    init(_ text: ByteView) {
        self.text = text
        let end = text.firstIndex(of: 0x20) ?? text.count
        code = ValkeyErrorCode(text[0, end])
        rest = text[min(end + 1, text.count), text.count]
    }

    /// The error as told to owners. An unknown word stays part of the message.
    var error: ValkeyError { .server(code: code, message: String(code == .other ? text : rest)) }
}
