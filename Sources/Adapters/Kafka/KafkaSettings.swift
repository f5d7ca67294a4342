import Foundation
import GatewayCore

/// Why brokers cannot be spoken to.
public struct KafkaFault: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

extension PlatformConfiguration.Kafka {
    /// The settings as librdkafka names them; a password is read from its file.
    func properties() throws(KafkaFault) -> [(name: String, value: String)] {
        var properties = [
            ("bootstrap.servers", brokers.joined(separator: ",")), ("client.id", "septem-gateway"), ("log_level", "2"),
            ("socket.keepalive.enable", "true"), ("reconnect.backoff.ms", "100"), ("reconnect.backoff.max.ms", "2000"),
        ]
        let usesTLS = tls != nil
        properties.append(
            ("security.protocol", sasl == nil ? (usesTLS ? "ssl" : "plaintext") : (usesTLS ? "sasl_ssl" : "sasl_plaintext")))
        if let tls {
            if let file = tls.certificateAuthorityFile { properties.append(("ssl.ca.location", file)) }
            if let file = tls.certificateFile { properties.append(("ssl.certificate.location", file)) }
            if let file = tls.keyFile { properties.append(("ssl.key.location", file)) }
        }
        if let sasl {
            guard let password = try? String(contentsOfFile: sasl.passwordFile, encoding: .utf8) else {
                throw KafkaFault("cannot read the password in \(sasl.passwordFile)")
            }
            properties.append(("sasl.mechanism", sasl.mechanism))
            properties.append(("sasl.username", sasl.username))
            properties.append(("sasl.password", password.trimmingCharacters(in: .newlines)))
        }
        return properties
    }
}

extension RDKafka {
    /// A handle with these settings; `prepare` sets what is no property.
    func open(_ properties: [(name: String, value: String)], _ prepare: (OpaquePointer) -> Void = { _ in }) throws(KafkaFault)
        -> Handle
    {
        guard let configuration = confNew() else { throw KafkaFault("librdkafka has no memory") }
        var reason = [CChar](repeating: 0, count: 512)
        for (name, value) in properties where confSet(configuration, name, value, &reason, reason.count) != 0 {
            confDestroy(configuration)
            throw KafkaFault("librdkafka: \(Self.text(reason))")
        }
        prepare(configuration)
        guard let handle = new(Self.producer, configuration, &reason, reason.count) else {
            confDestroy(configuration)
            throw KafkaFault("librdkafka: \(Self.text(reason))")
        }
        return handle
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
