import Protobuf
import SwiftProtobuf
import Testing

@testable import GRPCReflection

@Suite("Questions of a reflection")
struct ReflectionWalkTests {
    /// A service in memory: what it answers to each question.
    private struct Peer {
        var services: [String]
        /// The files it sends for a symbol or a file name; none is a refusal.
        var answers: [String: [Google_Protobuf_FileDescriptorProto]]

        func answer(_ question: ReflectionWalk.Question) -> ReflectionWalk.Answer {
            switch question {
            case .services: .services(services)
            case .symbol(let name), .file(let name):
                answers[name].map { .files($0.map(bytes)) } ?? .refusal(code: 5, message: "not found")
            }
        }

        /// Asks until there is nothing left, and what was asked.
        func walk(
            _ limits: ReflectionLimits = .default
        ) throws(ReflectionFault) -> (walk: ReflectionWalk, questions: [ReflectionWalk.Question]) {
            var walk = ReflectionWalk(limits: limits)
            var questions: [ReflectionWalk.Question] = []
            while let question = walk.question {
                questions.append(question)
                try walk.take(answer(question))
            }
            return (walk, questions)
        }
    }

    /// `a.Orders` and `a.Items` in one file, which imports a file that imports another and is imported by it.
    private static let standard = Peer(
        services: ["a.Orders", "grpc.reflection.v1.ServerReflection", "grpc.health.v1.Health", "a.Items"],
        answers: [
            "a.Orders": [file("a.proto", "a", imports: ["b.proto"], services: ["Orders", "Items"])],
            "a.Items": [file("a.proto", "a", imports: ["b.proto"], services: ["Orders", "Items"])],
            "b.proto": [file("b.proto", "b", imports: ["c.proto"])],
            "c.proto": [file("c.proto", "c", imports: ["b.proto"])],
        ])

    @Test("services first, then what the files import; nothing twice, and imports in a circle come to an end")
    func order() throws {
        let (walk, questions) = try Self.standard.walk()
        #expect(questions == [.services, .symbol("a.Items"), .file("b.proto"), .file("c.proto")])
        #expect(walk.undescribed.isEmpty)
        #expect(try names(walk.descriptorSet) == ["a.proto", "b.proto", "c.proto"])
    }

    @Test("what comes along with an answer is not asked for")
    func transitive() throws {
        var peer = Self.standard
        peer.answers["a.Items"]?.append(file("b.proto", "b", imports: ["c.proto"]))
        #expect(try peer.walk().questions == [.services, .symbol("a.Items"), .file("c.proto")])
    }

    @Test("the set has the service's own bytes, ordered by name whatever the order of the answers")
    func deterministic() throws {
        var peer = Self.standard
        let first = try peer.walk().walk.descriptorSet
        peer.services.reverse()
        peer.answers["a.Items"]?.insert(file("c.proto", "c", imports: ["b.proto"]), at: 0)
        #expect(try peer.walk().walk.descriptorSet == first)
        let (pool, findings) = DescriptorPool.load(first)
        #expect(findings.isEmpty)
        #expect(pool?.services.map(\.fullName) == ["a.Orders", "a.Items"])
    }

    @Test("a file longer than one length byte says keeps its bytes")
    func long() throws {
        var large = file("a.proto", "a", services: ["Items"])
        large.dependency = []
        large.messageType = (0..<40).map { index in .with { $0.name = "Message\(index)" } }
        let peer = Peer(services: ["a.Items"], answers: ["a.Items": [large]])
        let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: peer.walk().walk.descriptorSet)
        #expect(set.file == [large])
    }

    @Test("a service that is listed and not described is named; the others stay")
    func undescribed() throws {
        var peer = Self.standard
        peer.services.append("z.Ghost")
        #expect(try peer.walk().walk.undescribed == ["z.Ghost"])
        peer.answers["z.Ghost"] = [file("z.proto", "z", services: ["Other"])]
        let walk = try peer.walk().walk
        #expect(walk.undescribed == ["z.Ghost"])
        #expect(try names(walk.descriptorSet) == ["a.proto", "b.proto", "c.proto", "z.proto"])
    }

    @Test("an import the service does not have is left out")
    func missing() throws {
        var peer = Self.standard
        peer.answers["c.proto"] = nil
        #expect(try names(peer.walk().walk.descriptorSet) == ["a.proto", "b.proto"])
    }

    @Test("gRPC's own services alone are no service")
    func own() {
        let peer = Peer(services: ["grpc.reflection.v1alpha.ServerReflection", "grpc.channelz.v1.Channelz"], answers: [:])
        #expect(throws: ReflectionFault.self) { try peer.walk() }
        #expect(fault { try peer.walk() } == .noServices)
    }

    @Test("each limit holds on both sides")
    func limits() throws {
        let total = Self.standard.answers.filter { $0.key != "a.Orders" }.values.joined().reduce(0) { $0 + bytes($1).count }
        for (path, needed) in [(\ReflectionLimits.bytes, total), (\.files, 3), (\.questions, 4)] {
            var limits = ReflectionLimits()
            limits[keyPath: path] = needed
            _ = try Self.standard.walk(limits)
            limits[keyPath: path] = needed - 1
            #expect(fault { try Self.standard.walk(limits) } == .tooLarge)
        }
    }

    static let nonAnswers: [(question: ReflectionWalk.Question, answer: ReflectionWalk.Answer)] = [
        (.services, .files([])), (.symbol("a.Items"), .services(["a.Items"])), (.file("b.proto"), .services([])),
        (.symbol("a.Items"), .files([[0x0a, 0xff]])), (.symbol("a.Items"), .files([[]])),
        (.file("b.proto"), .files([[0x12, 0]])),
    ]

    @Test("an answer that is none ends it", arguments: nonAnswers.indices)
    func malformed(index: Int) throws {
        let (question, answer) = Self.nonAnswers[index]
        var walk = ReflectionWalk(limits: .default)
        while let next = walk.question, next != question { try walk.take(Self.standard.answer(next)) }
        #expect(walk.question == question)
        #expect(fault { try walk.take(answer) } == .malformed)
    }

    @Test("a refused list of services is told with the service's words, cut short")
    func refused() {
        var walk = ReflectionWalk(limits: .default)
        do {
            try walk.take(.refusal(code: 7, message: String(repeating: "x", count: 10_000)))
            Issue.record("it was taken")
        } catch {
            #expect(error.code == .refused && error.message.contains("xxx") && error.message.count < 300)
        }
    }
}

private func file(
    _ name: String, _ package: String, imports: [String] = [], services: [String] = []
) -> Google_Protobuf_FileDescriptorProto {
    .with { file in
        file.name = name
        file.package = package
        file.syntax = "proto3"
        file.dependency = imports
        file.service = services.map { service in .with { $0.name = service } }
    }
}

private func bytes(_ file: Google_Protobuf_FileDescriptorProto) -> [UInt8] { (try? file.serializedBytes()) ?? [] }

private func names(_ set: [UInt8]) throws -> [String] {
    try Google_Protobuf_FileDescriptorSet(serializedBytes: set).file.map(\.name)
}

/// The code of the fault that `body` throws.
private func fault<Value>(_ body: () throws -> Value) -> ReflectionFault.Code? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? ReflectionFault)?.code
    }
}
