public import Bytes

/// The fields of answers; only the origin is inserted.
extension CORSRules {
    /// Appends the fields that let a page of `origin` read the answer. The caller has asked `allows(origin:)`.
    ///
    /// - Parameter forGRPCWeb: Whether the page reads the status of a gRPC call out of the head.
    public func appendFields(origin: ByteView, forGRPCWeb: Bool, to out: ByteWriter) {
        append(origin, to: out)
        (forGRPCWeb ? grpcWebFields : answerFields).withByteView { out.append($0) }
    }

    /// Appends the fields that allow a page of `origin` the request it asked for with a preflight.
    public func appendPreflightFields(origin: ByteView, to out: ByteWriter) {
        append(origin, to: out)
        preflightFields.withByteView { out.append($0) }
    }

    private func append(_ origin: ByteView, to out: ByteWriter) {
        out.append("access-control-allow-origin: ")
        if allowsAnyOrigin { out.append("*") } else { out.append(origin) }
        out.append("\r\n")
    }
}

extension CORSCompiler {
    /// Where a call that ends before its first message has its status (gRPC-Web, "Protocol differences vs gRPC over HTTP2").
    private static let statusHeaders = ["grpc-status", "grpc-message", "grpc-status-details-bin"]

    func answerFields(statusIsExposed: Bool) -> [UInt8] {
        credentials + line("expose-headers", exposed + (statusIsExposed ? Self.statusHeaders : []))
    }

    func preflightFields() -> [UInt8] {
        credentials + line("allow-methods", description.methods) + line("allow-headers", description.headers)
            + line("max-age", ["\(description.maximumAgeSeconds)"])
    }

    private var exposed: [String] { description.exposedHeaders }

    private var credentials: [UInt8] { description.allowsCredentials ? line("allow-credentials", ["true"]) : [] }

    private func line(_ name: String, _ values: [String]) -> [UInt8] {
        values.isEmpty ? [] : Array("access-control-\(name): \(values.joined(separator: ", "))\r\n".utf8)
    }
}
