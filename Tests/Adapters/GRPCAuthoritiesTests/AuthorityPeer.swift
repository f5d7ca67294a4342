import Foundation
import Testing

@testable import GRPCAuthorities

extension PythonPeer {
    /// The grpcio IAM and Billing.
    static func authorities(_ arguments: String...) async throws -> PythonPeer {
        try await start(folder.appendingPathComponent("authorities.py"), arguments)
    }

    /// Lets go who waits for the script `hang`, on a connection of its own.
    func release() async {
        let released = try? await IAMAuthority.with(settings(port, timeout: .seconds(30))) { iam in
            try await iam.ask("control", "release").get()
        }
        #expect(released != nil)
    }
}
