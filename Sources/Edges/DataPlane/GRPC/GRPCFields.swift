import Bytes
import GatewayCore
import HTTP1
import HTTP2
import HTTPSemantics
import Transcoding

/// The fields that pass between a client that speaks gRPC itself and the service, by the rules of HTTP upstreams.
enum GRPCFields {
    /// Fields of a client that the gateway or its connection to the service write, or that gRPC has no request field for.
    private static let ofGateway: FieldNameSet = UpstreamRequestHead.rewritten.union([
        .expect, .contentLength, .contentType, .contentEncoding, .trailer, .grpcTimeout, .grpcStatus, .grpcMessage,
    ])
    /// Fields of a service that the gateway or its connection to the client write.
    private static let ofAnswer: FieldNameSet = HopByHop.fields.union([
        .contentLength, .contentType, .trailer, .date, .xRequestID, .traceparent, .tracestate,
    ])
    private static let status: FieldNameSet = [.grpcStatus, .grpcMessage]

    /// Adds what the client sends along to the metadata of a call.
    static func appendMetadata(of request: RequestContext, to list: HeaderList) {
        let fields = request.head.fields
        let bytes = request.headBytes.view
        HopByHop.mark(fields, in: bytes, sendsTrailers: false)
        list.append(name: "content-type", value: ByteView("application/grpc"))
        for index in 0..<fields.count {
            let line = fields[index]
            if line.isDropped || ofGateway.contains(line.id) { continue }
            // A verified token goes on only where the service is to see it; then it is there already.
            if line.id == .authorization, request.identity != nil { continue }
            list.append(
                lowercasing: bytes[line.name], value: bytes[line.value],
                sensitive: line.id == .authorization || line.id == .cookie)
        }
    }

    /// Appends a service's headers as lines.
    static func appendHeaders(_ fields: HeaderList, for request: RequestContext, to out: ByteWriter) {
        for index in 0..<fields.count { append(fields, index, for: request, except: ofAnswer, to: out) }
    }

    /// Appends a service's trailers as lines. Texts and details of statuses that tell of its inside stay here, as in problem documents.
    static func appendTrailers(_ fields: HeaderList, for request: RequestContext, to out: ByteWriter) {
        let code = fields.first("grpc-status").flatMap(GRPCText.status) ?? GRPCStatus.unknown
        let status = Transcoding.GRPCStatus(code: code)
        for index in 0..<fields.count {
            if status.isUpstreamFailure, fields.name(index) == "grpc-status-details-bin" { continue }
            append(
                fields, index, for: request, except: status.isUpstreamFailure ? ofAnswer.union(Self.status) : ofAnswer, to: out)
        }
        guard status.isUpstreamFailure else { return }
        out.append("grpc-status: ")
        out.append(decimal: code)
        out.append("\r\ngrpc-message: ")
        out.append(status.name)
        out.append("\r\n")
    }

    private static func append(
        _ fields: HeaderList, _ index: Int, for request: RequestContext, except: FieldNameSet, to out: ByteWriter
    ) {
        let name = fields.name(index)
        guard !name.isEmpty, name[0] != UInt8(ascii: ":"), !except.contains(FieldName(recognising: name)),
            !request.isForeign(name)
        else { return }
        HeadWriter.appendField(name, fields.value(index), to: out)
    }
}
