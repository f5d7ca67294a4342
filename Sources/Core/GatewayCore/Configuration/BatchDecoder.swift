import Documents

/// Reads `batch`.
struct BatchDecoder {
    let findings: FindingList

    /// Requests of one list that may run at a time: beyond it one caller would fill an upstream's connections alone.
    static let maximumConcurrency = 32

    func decode(_ root: DocumentReader) -> PlatformConfiguration.Batch {
        let batch = root.section("batch") { reader in
            var batch = PlatformConfiguration.Batch()
            if let isEnabled = reader.bool("enabled") { batch.isEnabled = isEnabled }
            if let path = path(reader) { batch.path = path }
            if let items = reader.integer("max_items", in: 1...BatchRequest.maximumItems) { batch.maximumItems = items }
            if let concurrency = reader.integer("concurrency", in: 1...Self.maximumConcurrency) {
                batch.concurrency = concurrency
            }
            return batch
        }
        return batch ?? PlatformConfiguration.Batch()
    }

    private func path(_ reader: DocumentReader) -> String? {
        guard let path = reader.string("path"), let node = reader.node["path"] else { return nil }
        if path.hasPrefix("/"), path.count > 1, !path.contains("{"), !path.contains("}") { return path }
        findings.error("batch-path", at: node, "\"path\" must be an absolute path without parameters, such as /api/v1/batch")
        return nil
    }
}
