import GRPC
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
public import GatewayCore
import SwiftProtobuf

/// Asks a running gRPC service for its descriptors (server reflection, grpc.reflection.v1, or v1alpha where that is all it has).
public struct DescriptorReflection: Sendable {
    /// What a service says about itself.
    public struct Outcome: Sendable, Equatable {
        /// A serialized `google.protobuf.FileDescriptorSet`, files ordered by name; equal for equal services.
        public let descriptorSet: [UInt8]
        /// Services it lists without having their descriptors, by name.
        public let undescribed: [String]
    }

    /// In the order of preference. Their messages are the same on the wire.
    private static let versions = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]

    private let addresses: [Service.Address]
    private let tls: Service.ClientTLS?
    private let limits: ReflectionLimits

    /// - Parameters:
    ///   - addresses: Asked in order until one answers.
    ///   - tls: Nil for cleartext.
    public init(addresses: [Service.Address], tls: Service.ClientTLS?, limits: ReflectionLimits = .default) {
        self.addresses = addresses
        self.tls = tls
        self.limits = limits
    }

    /// Fetches the files of every service but gRPC's own, from the first address that answers.
    ///
    /// The fault says what each address did; its code is that of the last.
    public func fetch() async throws(ReflectionFault) -> Outcome {
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: limits.time)
        var faults: [ReflectionFault] = []
        for (index, address) in addresses.enumerated() {
            // An address that swallows connections leaves time for the others.
            let share = clock.now.duration(to: deadline) / (addresses.count - index)
            do {
                return try await fetch(from: address, until: clock.now.advanced(by: share))
            } catch {
                faults.append(fault(error, address))
            }
        }
        let message = faults.map(\.message).joined(separator: "; ")
        throw ReflectionFault(faults.last?.code ?? .configuration, message)
    }

    private func fetch(from address: Service.Address, until deadline: ContinuousClock.Instant) async throws -> Outcome {
        let transport = try HTTP2ClientTransport.Posix(address, tls: tls)
        return try await withGRPCClient(transport: transport) { client in
            for version in Self.versions.dropLast() {
                do {
                    return try await walk(client, version, until: deadline)
                } catch let error as RPCError where error.code == .unimplemented {
                    continue
                }
            }
            return try await walk(client, Self.versions[Self.versions.count - 1], until: deadline)
        }
    }

    /// One stream from the first question to the last answer.
    private func walk(
        _ client: GRPCClient<HTTP2ClientTransport.Posix>, _ version: String, until deadline: ContinuousClock.Instant
    ) async throws -> Outcome {
        var options = CallOptions.defaults
        options.timeout = max(ContinuousClock().now.duration(to: deadline), .zero)
        // The transport takes the first for both directions.
        options.maxRequestMessageBytes = limits.bytes
        options.maxResponseMessageBytes = limits.bytes
        let (questions, feed) = AsyncStream<ReflectionWalk.Question>.makeStream()
        defer { feed.finish() }
        feed.yield(.services)
        let request = StreamingClientRequest<Septem_Reflection_ReflectionRequest> { writer in
            for await question in questions { try await writer.write(Septem_Reflection_ReflectionRequest(question)) }
        }
        let limits = limits
        return try await client.bidirectionalStreaming(
            request: request,
            descriptor: MethodDescriptor(fullyQualifiedService: version, method: "ServerReflectionInfo"),
            serializer: ProtobufSerializer<Septem_Reflection_ReflectionRequest>(),
            deserializer: ProtobufDeserializer<Septem_Reflection_ReflectionResponse>(), options: options
        ) { response in
            var walk = ReflectionWalk(limits: limits)
            for try await message in response.messages {
                try walk.take(ReflectionWalk.Answer(message))
                guard let question = walk.question else {
                    feed.finish()
                    return Outcome(descriptorSet: walk.descriptorSet, undescribed: walk.undescribed)
                }
                feed.yield(question)
            }
            throw ReflectionFault(.malformed, "the stream ended before every question was answered")
        }
    }
}

extension DescriptorReflection {
    private func fault(_ error: any Error, _ address: Service.Address) -> ReflectionFault {
        func fault(_ code: ReflectionFault.Code, _ message: String) -> ReflectionFault {
            ReflectionFault(code, "\(address.text): \(message)")
        }
        switch error {
        case let error as ReflectionFault: return fault(error.code, error.message)
        case let error as RPCError:
            let message = ReflectionWalk.shown(error.message)
            switch error.code {
            case .unavailable: return fault(.unavailable, message)
            case .deadlineExceeded: return fault(.timeout, "no answer in time")
            case .unimplemented: return fault(.unimplemented, "the service has no gRPC server reflection; turn it on there")
            case .cancelled: return fault(.unavailable, "the call was cancelled")
            default: return fault(.refused, "\(message) (\(error.code))")
            }
        default:
            let roots = tls?.certificateAuthorityFile.map { ", trusted roots \($0)" } ?? ""
            return fault(.configuration, "no connection can be set up\(roots): \(error)")
        }
    }
}

extension Septem_Reflection_ReflectionRequest {
    init(_ question: ReflectionWalk.Question) {
        self.init()
        switch question {
        case .services: listServices = "*"
        case .symbol(let name): fileContainingSymbol = name
        case .file(let name): fileByFilename = name
        }
    }
}

extension ReflectionWalk.Answer {
    init(_ response: Septem_Reflection_ReflectionResponse) throws {
        switch response.answer {
        case .services(let list): self = .services(list.service.map(\.name))
        case .files(let list): self = .files(list.file.map { Array($0) })
        case .refusal(let refusal): self = .refusal(code: Int(refusal.code), message: refusal.message)
        case nil: throw ReflectionFault(.malformed, "an answer holds neither files nor services")
        }
    }
}
