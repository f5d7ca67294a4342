import SharedLibraries

/// The functions of librdkafka that are used, by its names without `rd_kafka_`.
struct RDKafka: Sendable {
    typealias Handle = OpaquePointer
    typealias Report = @convention(c) (Handle?, UnsafeRawPointer?, UnsafeMutableRawPointer?) -> Void

    let confNew: @convention(c) () -> OpaquePointer?
    let confSet:
        @convention(c) (OpaquePointer?, UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutablePointer<CChar>, Int) -> Int32
    let confDestroy: @convention(c) (OpaquePointer?) -> Void
    let confSetReport: @convention(c) (OpaquePointer?, Report) -> Void
    let confSetOpaque: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void
    let new: @convention(c) (Int32, OpaquePointer?, UnsafeMutablePointer<CChar>, Int) -> Handle?
    let destroy: @convention(c) (Handle?, Int32) -> Void
    let topicNew: @convention(c) (Handle?, UnsafePointer<CChar>, OpaquePointer?) -> OpaquePointer?
    let topicDestroy: @convention(c) (OpaquePointer?) -> Void
    let produce:
        @convention(c) (
            OpaquePointer?, Int32, Int32, UnsafeRawPointer?, Int, UnsafeRawPointer?, Int, UnsafeMutableRawPointer?
        ) -> Int32
    let lastError: @convention(c) () -> Int32
    let text: @convention(c) (Int32) -> UnsafePointer<CChar>?
    let poll: @convention(c) (Handle?, Int32) -> Int32
    let purge: @convention(c) (Handle?, Int32) -> Int32
    let metadata: @convention(c) (Handle?, Int32, OpaquePointer?, UnsafeMutablePointer<UnsafeRawPointer?>, Int32) -> Int32
    let metadataDestroy: @convention(c) (UnsafeRawPointer?) -> Void

    static let library = SharedLibrary.Description(
        file: "librdkafka.so.1", variable: "GATEWAY_LIBRDKAFKA", package: "librdkafka1")

    /// `rd_kafka_type_t`.
    static let producer: Int32 = 0
    /// `RD_KAFKA_PARTITION_UA`: the key decides.
    static let anyPartition: Int32 = -1
    /// `RD_KAFKA_MSG_F_COPY`.
    static let copies: Int32 = 2
    /// `RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT`.
    static let everything: Int32 = 3
    /// `RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE`, which a producer has no use for but which keeps the call from waiting.
    static let atOnce: Int32 = 8

    /// Errors that are told apart (`rd_kafka_resp_err_t`).
    enum Code {
        static let queueFull: Int32 = -184
        static let tooLarge: Int32 = 10
    }

    /// Offsets in `rd_kafka_message_t` on machines with pointers of 64 bits.
    enum Message {
        static let error = 0
    }

    init() throws(SharedLibrary.Fault) {
        let library = try SharedLibrary(Self.library)
        func find<Function>(_ name: String) throws(SharedLibrary.Fault) -> Function {
            try library.function("rd_kafka_\(name)")
        }
        confNew = try find("conf_new")
        confSet = try find("conf_set")
        confDestroy = try find("conf_destroy")
        confSetReport = try find("conf_set_dr_msg_cb")
        confSetOpaque = try find("conf_set_opaque")
        new = try find("new")
        destroy = try find("destroy_flags")
        topicNew = try find("topic_new")
        topicDestroy = try find("topic_destroy")
        produce = try find("produce")
        lastError = try find("last_error")
        text = try find("err2str")
        poll = try find("poll")
        purge = try find("purge")
        metadata = try find("metadata")
        metadataDestroy = try find("metadata_destroy")
    }

    func describe(_ code: Int32) -> String { text(code).map { String(cString: $0) } ?? "error \(code)" }
}
