import Bytes
import ControlMessages
import GatewayCore
import Protobuf
import RateLimiting

/// Writes `envoy.service.ratelimit.v3.RateLimitResponse`.
final class RateLimitResponse {
    /// `RateLimitResponse.Code`.
    private enum Code {
        static let ok: UInt64 = 1
        static let overLimit: UInt64 = 2
    }

    /// Bytes of a limit's name that a request brought along; the rest is cut off.
    private static let maximumNameBytes = 64

    private let status = ByteWriter(capacity: 128)
    private let part = ByteWriter(capacity: 128)
    private let policy = ByteWriter(capacity: 256)
    private let state = ByteWriter(capacity: 256)

    /// Appends the answer; true when the request is to be refused.
    func write(_ limited: [LimitedDescriptor], of message: ByteView, to reply: ByteWriter) -> Bool {
        var isOver = false
        var retryAfter = 0
        policy.removeAll()
        state.removeAll()
        for index in limited.indices where limited[index].state == .over {
            isOver = true
            retryAfter = max(retryAfter, limited[index].decision.map(RateLimitHeaders.retryAfterSeconds) ?? 1)
        }
        reply.append(field: 1, nonzero: isOver ? Code.overLimit : Code.ok)
        for index in limited.indices { writeStatus(limited[index], message, to: reply) }
        if policy.count > 0 {
            writeHeader("ratelimit-policy", policy.view, to: reply)
            writeHeader("ratelimit", state.view, to: reply)
        }
        if isOver {
            part.removeAll()
            part.append(decimal: retryAfter)
            state.removeAll()
            state.append(part.view)
            writeHeader("retry-after", state.view, to: reply)
        }
        return isOver
    }

    private func writeStatus(_ limited: LimitedDescriptor, _ message: ByteView, to reply: ByteWriter) {
        status.removeAll()
        status.append(field: 1, nonzero: limited.state == .over ? Code.overLimit : Code.ok)
        if let rate = limited.limit?.rate, let decision = limited.decision {
            if let rule = limited.rule {
                rule.name.withByteView { write($0, rate, decision) }
            } else {
                let name = message[limited.name]
                write(name[0, min(name.count, Self.maximumNameBytes)], rate, decision)
            }
        }
        reply.append(field: 2, status.view)
    }

    private func write(_ name: ByteView, _ rate: BucketRate, _ decision: GCRA.Decision) {
        part.removeAll()
        part.append(field: 1, nonzero: UInt64(rate.quota))
        part.append(field: 2, nonzero: Self.unit(ofSeconds: rate.windowSeconds))
        part.append(field: 3, name)
        status.append(field: 2, part.view)
        status.append(field: 3, nonzero: UInt64(max(0, decision.remaining)))
        part.removeAll()
        part.append(field: 1, nonzero: decision.resetNanoseconds / 1_000_000_000)
        part.append(field: 2, nonzero: decision.resetNanoseconds % 1_000_000_000)
        status.append(field: 4, part.view)
        if policy.count > 0 {
            policy.append(", ")
            state.append(", ")
        }
        RateLimitHeaders.appendPolicy(name: name, rate: rate, to: policy)
        RateLimitHeaders.appendName(name, to: state)
        RateLimitHeaders.appendState(decision, to: state)
    }

    /// `RateLimitResponse.RateLimit.Unit`; UNKNOWN for a window that is none of them.
    private static func unit(ofSeconds seconds: Int) -> UInt64 {
        switch seconds {
        case 1: 1
        case 60: 2
        case 3600: 3
        case 86_400: 4
        default: 0
        }
    }

    /// A `config.core.v3.HeaderValue` of `response_headers_to_add`.
    private func writeHeader(_ name: StaticString, _ value: ByteView, to reply: ByteWriter) {
        part.removeAll()
        part.append(field: 1, ByteView(name))
        part.append(field: 2, value)
        reply.append(field: 3, part.view)
    }
}
