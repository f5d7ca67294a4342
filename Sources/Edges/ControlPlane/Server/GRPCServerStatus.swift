public import Transcoding

/// How a call of the control plane ends (gRPC, "Status codes and their use").
public struct GRPCServerStatus: Error, Equatable, Sendable {
    public let code: GRPCStatus
    /// For people; sent percent-encoded as `grpc-message`. Empty sends none.
    public let message: String

    /// An end with a text; of `ok` the text is sent as well, if there is one.
    public init(_ code: GRPCStatus, _ message: String = "") {
        self.code = code
        self.message = message
    }

    /// The call did what it was for.
    public static let ok = GRPCServerStatus(.ok)

    public var isOK: Bool { code == .ok }
}
