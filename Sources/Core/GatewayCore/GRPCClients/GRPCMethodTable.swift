import Routing

/// The methods that clients may call by gRPC itself, each with the operation whose rules hold for it.
public struct GRPCMethodTable: Sendable {
    /// `POST /package.Service/Method` to an index of `operations`.
    let routes: RouteTable
    /// Indices into `Snapshot.operations`.
    public let operations: [Int]
}
