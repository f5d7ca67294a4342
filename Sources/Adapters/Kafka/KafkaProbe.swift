import Foundation
public import GatewayCore
import SharedLibraries

/// Asks brokers for their metadata. It blocks, so it is called on a thread for that.
public final class KafkaProbe: @unchecked Sendable {
    // Unchecked: the library's handles may be used by several threads.
    private let library: RDKafka
    private let handle: OpaquePointer

    public init(_ settings: PlatformConfiguration.Kafka) throws {
        library = try RDKafka()
        handle = try library.open(try settings.properties())
    }

    deinit { library.destroy(handle, RDKafka.atOnce) }

    /// Nil when a broker has answered in time; otherwise why not.
    public func ask(within timeout: Duration) -> String? {
        var metadata: UnsafeRawPointer?
        let code = library.metadata(handle, 0, nil, &metadata, Int32(clamping: Int(timeout / .milliseconds(1))))
        if let metadata { library.metadataDestroy(metadata) }
        return code == 0 ? nil : library.describe(code)
    }
}
