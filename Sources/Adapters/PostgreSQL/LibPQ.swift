import SharedLibraries

/// The functions of libpq that are used, by its names without `PQ`.
struct LibPQ: Sendable {
    typealias Connection = OpaquePointer
    typealias Parameters = UnsafePointer<UnsafePointer<CChar>?>

    let connect: @convention(c) (Parameters, Parameters, Int32) -> Connection?
    let connectStart: @convention(c) (Parameters, Parameters, Int32) -> Connection?
    let connectPoll: @convention(c) (Connection?) -> Int32
    let socket: @convention(c) (Connection?) -> Int32
    let status: @convention(c) (Connection?) -> Int32
    let message: @convention(c) (Connection?) -> UnsafePointer<CChar>?
    let finish: @convention(c) (Connection?) -> Void
    let execute: @convention(c) (Connection?, UnsafePointer<CChar>) -> OpaquePointer?
    let setNonblocking: @convention(c) (Connection?, Int32) -> Int32
    let sendQuery:
        @convention(c) (
            Connection?, UnsafePointer<CChar>, Int32, UnsafeRawPointer?, Parameters?, UnsafePointer<Int32>?,
            UnsafePointer<Int32>?,
            Int32
        ) -> Int32
    let flush: @convention(c) (Connection?) -> Int32
    let consumeInput: @convention(c) (Connection?) -> Int32
    let isBusy: @convention(c) (Connection?) -> Int32
    let result: @convention(c) (Connection?) -> OpaquePointer?
    let resultStatus: @convention(c) (OpaquePointer?) -> Int32
    let errorField: @convention(c) (OpaquePointer?, Int32) -> UnsafePointer<CChar>?
    let clear: @convention(c) (OpaquePointer?) -> Void

    /// `CONNECTION_OK`.
    static let connected: Int32 = 0
    /// `PGRES_COMMAND_OK` and `PGRES_TUPLES_OK`.
    static let command: Int32 = 1
    static let rows: Int32 = 2
    /// `PostgresPollingStatusType`.
    static let pollFailed: Int32 = 0
    static let pollReading: Int32 = 1
    static let pollOK: Int32 = 3
    /// `PG_DIAG_SQLSTATE`.
    static let sqlState = Int32(UInt8(ascii: "C"))

    init() throws(SharedLibrary.Fault) {
        let library = try SharedLibrary(
            SharedLibrary.Description(file: "libpq.so.5", variable: "GATEWAY_LIBPQ", package: "libpq5"))
        connect = try library.function("PQconnectdbParams")
        connectStart = try library.function("PQconnectStartParams")
        connectPoll = try library.function("PQconnectPoll")
        socket = try library.function("PQsocket")
        status = try library.function("PQstatus")
        message = try library.function("PQerrorMessage")
        finish = try library.function("PQfinish")
        execute = try library.function("PQexec")
        setNonblocking = try library.function("PQsetnonblocking")
        sendQuery = try library.function("PQsendQueryParams")
        flush = try library.function("PQflush")
        consumeInput = try library.function("PQconsumeInput")
        isBusy = try library.function("PQisBusy")
        result = try library.function("PQgetResult")
        resultStatus = try library.function("PQresultStatus")
        errorField = try library.function("PQresultErrorField")
        clear = try library.function("PQclear")
    }

    /// The first line of the library's message, without what it was about.
    func reason(_ connection: Connection?) -> String {
        let text = message(connection).map { String(cString: $0) } ?? ""
        let line = text.split(separator: "\n").first.map(String.init) ?? "no answer"
        if line.hasSuffix("Connection refused") { return "connection refused" }
        return String(line.split(separator: ": ").last?.prefix(200) ?? "no answer")
    }
}
