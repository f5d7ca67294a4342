import Documents

/// Reads where brokers are and how they are spoken to.
struct KafkaDecoder {
    let findings: FindingList
    let overrides: EnvironmentOverrides

    func decode(_ reader: DocumentReader) -> PlatformConfiguration.Kafka? {
        let named = reader.strings("brokers")
        let topic = reader.string("topic")
        let compression = reader.choice(
            "compression", ["none": "none", "gzip": "gzip", "snappy": "snappy", "lz4": "lz4", "zstd": "zstd"])
        let tls = reader.section("tls") { reader in
            PlatformConfiguration.Kafka.TLS(
                certificateAuthorityFile: reader.file("ca_file"), certificateFile: reader.file("certificate"),
                keyFile: reader.file("key"))
        }
        let sasl = reader.section("sasl", sasl)
        guard let brokers = overrides.kafkaBrokers ?? named, !brokers.isEmpty else {
            findings.error("no-brokers", at: reader.node, "name brokers with \"brokers\" or with KAFKA_BROKERS")
            return nil
        }
        for broker in brokers where Service.Address(text: broker) == nil {
            findings.error("bad-address", at: reader.node["brokers"] ?? reader.node, "\"\(broker)\" is not host:port")
            return nil
        }
        var kafka = PlatformConfiguration.Kafka(brokers: brokers)
        if let topic { kafka.topic = topic }
        if let compression { kafka.compression = compression }
        kafka.tls = tls
        kafka.sasl = sasl
        return kafka
    }

    private func sasl(_ reader: DocumentReader) -> PlatformConfiguration.Kafka.SASL? {
        let mechanism = reader.choice(
            "mechanism", ["PLAIN": "PLAIN", "SCRAM-SHA-256": "SCRAM-SHA-256", "SCRAM-SHA-512": "SCRAM-SHA-512"], required: true)
        let username = reader.string("username", required: true)
        let password = reader.file("password_file", required: true)
        guard let mechanism, let username, let password else { return nil }
        return PlatformConfiguration.Kafka.SASL(mechanism: mechanism, username: username, passwordFile: password)
    }
}
