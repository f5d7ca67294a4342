import SwiftProtobuf
import Testing

@testable import Protobuf

@Suite("descriptor pools")
struct DescriptorPoolTests {
    typealias File = Google_Protobuf_FileDescriptorProto
    typealias Message = Google_Protobuf_DescriptorProto
    typealias Field = Google_Protobuf_FieldDescriptorProto

    private func file(_ name: String = "a.proto", syntax: String = "proto3", _ fill: (inout File) -> Void) -> File {
        var file = File()
        file.name = name
        file.package = "p"
        file.syntax = syntax
        fill(&file)
        return file
    }

    private func message(_ name: String, _ fields: [Field] = [], _ fill: (inout Message) -> Void = { _ in }) -> Message {
        var message = Message()
        message.name = name
        message.field = fields
        fill(&message)
        return message
    }

    private func field(
        _ name: String, _ number: Int32, _ type: Field.TypeEnum = .int32, typeName: String = "", label: Field.Label = .optional,
        _ fill: (inout Field) -> Void = { _ in }
    ) -> Field {
        var field = Field()
        field.name = name
        field.number = number
        field.type = type
        field.typeName = typeName
        field.label = label
        fill(&field)
        return field
    }

    private func load(_ files: [File], limits: DescriptorLimits = .default) throws -> (DescriptorPool?, [DescriptorFinding]) {
        var set = Google_Protobuf_FileDescriptorSet()
        set.file = files
        let bytes: [UInt8] = try set.serializedBytes(partial: true)
        return DescriptorPool.load(bytes, limits: limits)
    }

    private func enumeration(_ name: String, _ values: [(String, Int32)]) -> Google_Protobuf_EnumDescriptorProto {
        var result = Google_Protobuf_EnumDescriptorProto()
        result.name = name
        result.value = values.map { pair in
            var value = Google_Protobuf_EnumValueDescriptorProto()
            (value.name, value.number) = pair
            return value
        }
        return result
    }

    @Test("sorts fields by number and resolves names from the inside out")
    func resolution() throws {
        let inner = message("T", [field("x", 1)])
        let (pool, findings) = try load([
            file {
                $0.messageType = [
                    message("T", [field("y", 1)]),
                    message(
                        "M",
                        [
                            field("outer", 3, .message, typeName: ".p.T"), field("relative", 2, .message, typeName: "T"),
                            field("kind", 1, .enum, typeName: "E") { $0.clearType() },
                        ]
                    ) { $0.nestedType = [inner] },
                ]
                $0.enumType = [enumeration("E", [("A", 0), ("B", 0), ("C", -1)])]
            }
        ])
        #expect(findings == [])
        let pool2 = try #require(pool)
        let found = try #require(pool2.message(named: "p.M"))
        #expect(found.fields.map(\.name) == ["kind", "relative", "outer"])
        #expect(found.fields[1].message == pool2.messageIndex(named: "p.M.T"))
        #expect(found.fields[2].message == pool2.messageIndex(named: "p.T"))
        #expect(found.fields[0].kind == .enumeration)
        #expect(pool2.enums[found.fields[0].enumeration ?? -1].values.map(\.name) == ["A", "B", "C"])
        #expect(pool2.message(named: "p.Nope") == nil)
    }

    @Test("knows presence, packing and closed enums of each syntax")
    func features() throws {
        func fields() -> [Field] {
            [
                field("single", 1), field("list", 2, label: .repeated), field("text", 3, .string),
                field("choice", 4) { $0.oneofIndex = 0 },
                field("off", 5, label: .repeated) { $0.options.packed = false },
                field("on", 6, label: .repeated) { $0.options.packed = true },
            ]
        }
        func load(_ syntax: String, _ fill: (inout File) -> Void = { _ in }) throws -> (MessageDescriptor, EnumDescriptor) {
            let (pool, findings) = try self.load([
                file(syntax: syntax) {
                    $0.messageType = [message("M", fields()) { $0.oneofDecl = [.with { $0.name = "o" }] }]
                    $0.enumType = [enumeration("E", [("A", 0)])]
                    fill(&$0)
                }
            ])
            #expect(findings == [])
            let found = try #require(pool)
            return (try #require(found.message(named: "p.M")), found.enums[0])
        }
        let (two, closed) = try load("proto2")
        #expect(two.fields.map(\.hasPresence) == [true, false, true, true, false, false])
        #expect(two.fields.map(\.isPacked) == [false, false, false, false, false, true])
        #expect(closed.isClosed && !two.fields[2].validatesUTF8)
        let (three, open) = try load("proto3")
        #expect(three.fields.map(\.hasPresence) == [false, false, false, true, false, false])
        #expect(three.fields.map(\.isPacked) == [false, true, false, false, false, true])
        #expect(!open.isClosed && three.fields[2].validatesUTF8)
        #expect(three.fields.map(\.oneof) == [nil, nil, nil, 0, nil, nil])
        let (edition, _) = try load("editions") { $0.edition = .edition2023 }
        #expect(edition.fields.map(\.hasPresence) == [true, false, true, true, false, false])
        let (implicit, shut) = try load("editions") {
            $0.edition = .edition2023
            $0.options.features.fieldPresence = .implicit
            $0.options.features.enumType = .closed
            $0.options.features.repeatedFieldEncoding = .expanded
        }
        #expect(implicit.fields.map(\.hasPresence) == [false, false, false, true, false, false])
        #expect(!implicit.fields[1].isPacked && shut.isClosed)
    }

    @Test("the oneof of a proto3 optional is none")
    func synthetic() throws {
        let (pool, _) = try load([
            file {
                $0.messageType = [
                    message(
                        "M",
                        [
                            field("a", 1) {
                                $0.oneofIndex = 0; $0.proto3Optional = true
                            }, field("b", 2) { $0.oneofIndex = 1 },
                        ]
                    ) { $0.oneofDecl = [.with { $0.name = "_a" }, .with { $0.name = "real" }] }
                ]
            }
        ])
        let found = try #require(pool?.message(named: "p.M"))
        #expect(found.oneofs == ["real"])
        #expect(found.fields.map(\.oneof) == [nil, 0])
        #expect(found.fields.map(\.hasPresence) == [true, true])
    }

    @Test("delimited messages of an edition are groups, their map entries are not")
    func delimited() throws {
        let (pool, findings) = try load([
            file(syntax: "editions") {
                $0.edition = .edition2023
                $0.options.features.messageEncoding = .delimited
                $0.messageType = [
                    message(
                        "M",
                        [
                            field("sub", 1, .message, typeName: ".p.M"),
                            field("map", 2, .message, typeName: ".p.M.E", label: .repeated),
                        ]
                    ) {
                        $0.nestedType = [message("E", [field("key", 1), field("value", 2)]) { $0.options.mapEntry = true }]
                    }
                ]
            }
        ])
        #expect(findings == [])
        let found = try #require(pool?.message(named: "p.M"))
        #expect(found.fields.map(\.kind) == [.group, .message])
        #expect(found.fields.map(\.cardinality) == [.singular, .map])
    }

    @Test(
        "derives JSON names as the compiler does",
        arguments: [
            ("foo_bar", "fooBar"), ("_x", "X"), ("x_", "x"), ("a__b", "aB"), ("with_2_digits", "with2Digits"), ("Camel", "Camel"),
            ("a_B", "aB"),
        ])
    func camel(name: String, wanted: String) { #expect(FieldDescriptor.lowerCamel(name) == wanted) }

    static let broken: [(String, DescriptorFinding.Code, @Sendable (DescriptorPoolTests, inout File) -> Void)] = [
        ("unknown type", .unresolvedType, { $1.messageType = [$0.message("M", [$0.field("a", 1, .message, typeName: ".p.X")])] }),
        ("no type", .invalidField, { $1.messageType = [$0.message("M", [$0.field("a", 1) { $0.clearType() }])] }),
        ("number zero", .invalidField, { $1.messageType = [$0.message("M", [$0.field("a", 0)])] }),
        ("number above 29 bits", .invalidField, { $1.messageType = [$0.message("M", [$0.field("a", 536_870_912)])] }),
        ("negative number", .invalidField, { $1.messageType = [$0.message("M", [$0.field("a", -1)])] }),
        ("nameless field", .invalidField, { $1.messageType = [$0.message("M", [$0.field("", 1)])] }),
        ("missing oneof", .invalidField, { $1.messageType = [$0.message("M", [$0.field("a", 1) { $0.oneofIndex = 3 }])] }),
        ("negative oneof", .invalidField, { $1.messageType = [$0.message("M", [$0.field("a", 1) { $0.oneofIndex = -1 }])] }),
        (
            "enum named as message", .invalidField,
            {
                $1.messageType = [$0.message("M", [$0.field("a", 1, .message, typeName: "E")])]
                $1.enumType = [$0.enumeration("E", [("A", 0)])]
            }
        ),
        (
            "two fields of one number", .duplicateField,
            { $1.messageType = [$0.message("M", [$0.field("a", 1), $0.field("b", 1)])] }
        ),
        (
            "two fields of one name", .duplicateField,
            { $1.messageType = [$0.message("M", [$0.field("a_b", 1), $0.field("aB", 2)])] }
        ),
        ("two messages of one name", .duplicateSymbol, { $1.messageType = [$0.message("M"), $0.message("M")] }),
        ("empty enum", .invalidEnum, { $1.enumType = [$0.enumeration("E", [])] }),
        ("enum name twice", .invalidEnum, { $1.enumType = [$0.enumeration("E", [("A", 0), ("A", 1)])] }),
        (
            "map entry without value", .invalidMapEntry,
            {
                $1.messageType = [$0.message("M", [$0.field("key", 1)]) { $0.options.mapEntry = true }]
            }
        ),
        (
            "map key of floats", .invalidMapEntry,
            {
                $1.messageType = [
                    $0.message("M", [$0.field("key", 1, .float), $0.field("value", 2)]) { $0.options.mapEntry = true }
                ]
            }
        ),
        ("unknown edition", .unsupportedEdition, { $1.syntax = "proto9" }),
        (
            "method without types", .unresolvedType,
            {
                $1.service = [
                    .with {
                        $0.name = "S";
                        $0.method = [
                            .with {
                                $0.name = "Do"; $0.inputType = ".p.X"; $0.outputType = ".p.X"
                            }
                        ]
                    }
                ]
            }
        ),
    ]

    @Test("refuses a set with a fault and says where", arguments: broken.indices)
    func refusals(index: Int) throws {
        let (name, code, fill) = Self.broken[index]
        let (pool, findings) = try load([file { fill(self, &$0) }])
        #expect(pool == nil, "\(name)")
        #expect(findings.contains { $0.code == code && $0.isError && $0.path.hasPrefix("a.proto") }, "\(name): \(findings)")
    }

    @Test("reports all faults of a set at once")
    func complete() throws {
        let (_, findings) = try load([
            file { $0.messageType = [message("M", [field("a", 0), field("b", 1, .message, typeName: "X")]), message("M")] }
        ])
        #expect(Set(findings.map(\.code)) == [.invalidField, .unresolvedType, .duplicateSymbol])
    }

    @Test("a missing import that nobody needs is only a warning")
    func imports() throws {
        let (pool, findings) = try load([file { $0.dependency = ["google/api/annotations.proto"] }])
        #expect(pool != nil)
        #expect(findings.map(\.code) == [.missingImport])
        #expect(findings.allSatisfy { !$0.isError })
    }

    @Test("takes the same file twice, but not two of one name")
    func repeatedFiles() throws {
        let one = file { $0.messageType = [message("M")] }
        #expect(try load([one, one]).1 == [])
        let other = file { $0.messageType = [message("N")] }
        #expect(try load([one, other]).1.map(\.code) == [.conflictingFile])
    }

    @Test("holds every limit", arguments: 0..<5)
    func limits(which: Int) throws {
        var limits = DescriptorLimits()
        func nest(_ depth: Int) -> Message { message("N", []) { if depth > 1 { $0.nestedType = [nest(depth - 1)] } } }
        let small = file("b.proto") { $0.messageType = [message("A", [field("a", 1), field("b", 2)])] }
        let large = file { $0.messageType = [message("B", [field("a", 1), field("b", 2), field("c", 3)]), nest(2)] }
        switch which {
        case 0: limits.files = 1
        case 1: limits.types = 2
        case 2: limits.members = 4
        case 3: limits.fieldsPerMessage = 2
        default: limits.nesting = 1
        }
        #expect(try load([small], limits: limits).0 != nil)
        let (pool, findings) = try load([small, large], limits: limits)
        #expect(pool == nil)
        #expect(findings.map(\.code) == [.limitExceeded])
    }

    @Test("refuses what is too large or no set, truncated anywhere without a trap")
    func malformed() throws {
        var limits = DescriptorLimits()
        limits.bytes = 3
        #expect(DescriptorPool.load([0, 0, 0, 0], limits: limits).findings.map(\.code) == [.limitExceeded])
        #expect(DescriptorPool.load([0xff, 0xff]).findings.map(\.code) == [.malformedSet])
        #expect(DescriptorPool.load([]).pool?.messages.isEmpty == true)
        var set = Google_Protobuf_FileDescriptorSet()
        set.file = [file { $0.messageType = [message("M", [field("a", 1, .message, typeName: ".p.M")])] }]
        let bytes: [UInt8] = try set.serializedBytes(partial: true)
        for length in 1..<bytes.count {
            let (pool, findings) = DescriptorPool.load(Array(bytes[..<length]))
            #expect(pool == nil && findings.map(\.code) == [.malformedSet])
        }
        for position in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[position] ^= 1 << UInt8(bit)
                let (pool, findings) = DescriptorPool.load(changed)
                #expect(pool != nil || findings.contains(where: \.isError))
            }
        }
    }

    private func service(_ options: [UInt8]) throws -> File {
        var method = Google_Protobuf_MethodDescriptorProto()
        (method.name, method.inputType, method.outputType) = ("Do", ".p.M", ".p.M")
        method.serverStreaming = true
        method.options = try Google_Protobuf_MethodOptions(serializedBytes: options)
        return file {
            $0.messageType = [message("M")]
            $0.service = [
                .with {
                    $0.name = "S"; $0.method = [method]
                }
            ]
        }
    }

    private static func rule(_ contents: [UInt8]) -> [UInt8] { [0x82, 0xd3, 0xe4, 0x93, 0x02, UInt8(contents.count)] + contents }
    private static func text(_ number: UInt8, _ text: String) -> [UInt8] {
        [number << 3 | 2, UInt8(text.utf8.count)] + text.utf8
    }

    @Test("finds methods by each spelling of their name", arguments: ["p.S/Do", "/p.S/Do", "p.S.Do"])
    func methods(name: String) throws {
        let pool = try #require(try load([try service([])]).0)
        let method = try #require(pool.method(named: name))
        #expect(method.path == "/p.S/Do")
        #expect(method.isServerStreaming && !method.isClientStreaming && method.httpRule == nil)
        #expect(pool.method(named: name + "x") == nil)
    }

    @Test(
        "reads google.api.http annotations",
        arguments: [
            (text(2, "/a"), HTTPRule(method: "GET", path: "/a")), (text(3, "/a"), HTTPRule(method: "PUT", path: "/a")),
            (text(4, "/a") + text(7, "*"), HTTPRule(method: "POST", path: "/a", body: "*")),
            (text(5, "/a"), HTTPRule(method: "DELETE", path: "/a")),
            (text(6, "/a") + text(12, "r") + text(1, "ignored"), HTTPRule(method: "PATCH", path: "/a", responseBody: "r")),
            ([0x42, 8] + text(1, "HEAD") + text(2, ""), HTTPRule(method: "HEAD", path: "")),
            (
                text(2, "/a") + [0x5a, 4] + text(4, "/b") + [0x5a, 4] + text(5, "/c"),
                HTTPRule(
                    method: "GET", path: "/a",
                    additionalBindings: [HTTPRule(method: "POST", path: "/b"), HTTPRule(method: "DELETE", path: "/c")])
            ),
            ([], HTTPRule(method: "", path: "")),
        ])
    func rules(contents: [UInt8], wanted: HTTPRule) throws {
        let (pool, findings) = try load([try service(Self.rule(contents))])
        #expect(findings == [])
        #expect(pool?.method(named: "p.S/Do")?.httpRule == wanted)
    }

    @Test(
        "refuses annotations that are no rules",
        arguments: [
            [0x12, 9, 0x61], [0x00], [0x42, 2, 0x0a, 5], [0x5a, 4, 0x5a, 2, 0x12, 0], [0x5a, 1, 0xff],
        ] as [[UInt8]])
    func badRules(contents: [UInt8]) throws {
        let (pool, findings) = try load([try service(Self.rule(contents))])
        #expect(pool == nil)
        #expect(findings.map(\.code) == [.malformedHTTPRule])
    }
}
