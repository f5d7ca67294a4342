import EnvoyAPI
import SwiftProtobuf

/// A JSON line a request. No query, token or body: these are nobody's to read in a log.
enum AccessLog {
    private static let members = [
        "time": "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%", "method": "%REQ(:METHOD)%", "path": "%PATH(NQ:ORIG_OR_PATH)%",
        "protocol": "%PROTOCOL%", "status": "%RESPONSE_CODE%", "reason": "%RESPONSE_CODE_DETAILS%", "flags": "%RESPONSE_FLAGS%",
        "bytesReceived": "%BYTES_RECEIVED%", "bytesSent": "%BYTES_SENT%", "durationMs": "%DURATION%",
        "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "userAgent": "%REQ(USER-AGENT)%", "host": "%REQ(:AUTHORITY)%",
        "requestId": "%REQ(X-REQUEST-ID)%", "traceId": "%TRACE_ID%", "gateway": "%UPSTREAM_HOST%",
        "tlsVersion": "%DOWNSTREAM_TLS_VERSION%",
    ]

    static func make(_ path: String) -> Log_AccessLog {
        var file = FileLog_FileAccessLog()
        file.path = path
        file.logFormat.jsonFormat.fields = members.mapValues { .init(stringValue: $0) }
        file.logFormat.omitEmptyValues = true
        var log = Log_AccessLog()
        log.name = "envoy.access_loggers.file"
        log.typedConfig = Wire.any(file)
        return log
    }
}
