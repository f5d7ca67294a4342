import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf

@testable import GRPCReflection

/// A service whose answer to each question is given, for what no well-behaved one does.
struct ScriptedPeer: RegistrableRPCService {
    typealias Answer = @Sendable (Septem_Reflection_ReflectionRequest) async throws -> Septem_Reflection_ReflectionResponse?

    let version: String
    /// Until it ends, the stream stays open after the client has ended its side; nil to end it at once.
    let gate: AsyncStream<Void>?
    /// Nil ends the stream.
    let answer: Answer

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let (answer, gate) = (answer, gate)
        router.registerHandler(
            forMethod: MethodDescriptor(
                fullyQualifiedService: "grpc.reflection.\(version).ServerReflection", method: "ServerReflectionInfo"),
            deserializer: ProtobufDeserializer<Septem_Reflection_ReflectionRequest>(),
            serializer: ProtobufSerializer<Septem_Reflection_ReflectionResponse>()
        ) { request, _ in
            StreamingServerResponse { writer in
                for try await question in request.messages {
                    guard let response = try await answer(question) else { break }
                    try await writer.write(response)
                }
                if let gate { for await _ in gate {} }
                return [:]
            }
        }
    }

    /// Runs `body` with the port it listens on.
    static func serve<Value: Sendable>(
        version: String = "v1", gate: AsyncStream<Void>? = nil, _ answer: @escaping Answer, _ body: (Int) async throws -> Value
    ) async throws -> Value {
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext)
        return try await withGRPCServer(
            transport: transport, services: [ScriptedPeer(version: version, gate: gate, answer: answer)]
        ) { server in
            try await body(try await transport.listeningAddress.ipv4?.port ?? 0)
        }
    }
}
