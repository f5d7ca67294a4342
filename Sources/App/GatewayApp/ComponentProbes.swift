import Foundation
import GatewayCore
import HTTPClients
import Kafka
import NIOCore
import NIOPosix
import PostgreSQL
import RabbitMQ
import S3
import Valkey

/// Which probe each kind of component has.
enum ComponentProbes {
    /// The component's probe; one that says why there is none when it cannot be made.
    static func make(_ component: PlatformConfiguration.Component) -> any ComponentProbe {
        let password: @Sendable () -> String? = {
            guard let file = component.passwordFile else { return nil }
            return try? String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)
        }
        do {
            switch component.kind {
            case .tcp: return ConnectionProbe(address: component.address)
            case .http, .clickhouse, .gofeatureflag, .envoy: return try HTTPProbe(component, password: password)
            case .postgresql:
                let probe = try PostgreSQLProbe(component, password: password)
                return BlockingProbe { probe.ask(within: $0) }
            case .kafka:
                let probe = try KafkaProbe(component.brokers)
                return BlockingProbe { probe.ask(within: $0) }
            case .rabbitmq: return try RabbitMQProbe(component, password: password)
            case .valkey: return try PingProbe(component, password: password())
            case .s3: return try S3Probe(component, password: password)
            }
        } catch {
            return MissingProbe(reason: "\(error)")
        }
    }
}

/// What there is to say of a component that cannot be asked.
private struct MissingProbe: ComponentProbe {
    let reason: String

    func ask(within timeout: Duration) async -> ProbeAnswer { .failed(reason) }
}

/// A connection that is accepted.
private struct ConnectionProbe: ComponentProbe {
    let address: Service.Address

    func ask(within timeout: Duration) async -> ProbeAnswer {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.nanoseconds(Int64(timeout / .nanoseconds(1))))
                .connect(host: address.host, port: address.port).get()
            try? await channel.close()
            return .well
        } catch is ChannelError {
            return .silent
        } catch {
            return .failed("connection refused")
        }
    }
}

/// A PING that is answered.
private struct PingProbe: ComponentProbe {
    private let probe: ValkeyProbe

    init(_ component: PlatformConfiguration.Component, password: String?) throws {
        let endpoint = ValkeyEndpoint(
            addresses: [ValkeyAddress(host: component.address.host, port: component.address.port)], usesTLS: component.tls != nil,
            user: component.user, password: password.map { ValkeySecret($0) })
        let security = try component.tls.map { try ValkeySecurity(authorities: $0.certificateAuthorityFile) }
        probe = ValkeyProbe(endpoint, security: security, loop: MultiThreadedEventLoopGroup.singleton.next())
    }

    func ask(within timeout: Duration) async -> ProbeAnswer {
        await withCheckedContinuation { continuation in
            probe.ask(within: timeout) { error in
                switch error {
                case nil: continuation.resume(returning: .well)
                case .timeout: continuation.resume(returning: .silent)
                case .notConnected: continuation.resume(returning: .failed("connection refused"))
                case .server(_, let message): continuation.resume(returning: .failed(String(message.prefix(200))))
                case .some(let other): continuation.resume(returning: .failed("\(other.label)"))
                }
            }
        }
    }
}
