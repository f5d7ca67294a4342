import Bytes
import GatewayCore
import HTTP1
import HTTP2
import HTTPSemantics
import TokenVerification
import TraceContext

/// What a gRPC call tells the service about the request: the same names as the fields of an HTTP upstream.
enum CallMetadata {
    static func write(_ request: RequestContext, service: Service, to list: HeaderList) {
        list.removeAll()
        if let identity = request.identity {
            list.append(name: "x-user-id", value: identity.subject)
            list.append(name: "x-tenant-id", value: identity.tenant)
            list.append(name: "x-user-roles", value: identity.joinedRoles)
            if service.forwardsAuthorization, let line = request.fields.first(.authorization) {
                list.append(name: "authorization", value: request.headBytes.view[line.value], sensitive: true)
            }
        }
        request.requestID.withView { list.append(name: "x-request-id", value: $0) }
        request.withTraceparent { list.append(name: "traceparent", value: $0) }
        if let state = request.combinedTracestate() { list.append(name: "tracestate", value: state) }
    }
}
