import SwiftProtobuf
import Testing

@testable import Protobuf

@Suite("extensions and old encodings in descriptor sets")
struct ExtensionTests {
    private func load(_ files: String...) throws -> (pool: DescriptorPool?, findings: [DescriptorFinding]) {
        var set = Google_Protobuf_FileDescriptorSet()
        set.file = try files.map { try Google_Protobuf_FileDescriptorProto(textFormatString: $0) }
        return DescriptorPool.load(try set.serializedBytes(partial: true))
    }

    private static let extended = """
        name: "a.proto" package: "p" syntax: "proto2"
        message_type { name: "M" field { name: "own" number: 1 type: TYPE_INT32 label: LABEL_OPTIONAL }
          extension { name: "inside" extendee: ".p.M" number: 102 type: TYPE_MESSAGE type_name: "M" label: LABEL_OPTIONAL }
          extension_range { start: 100 end: 200 } }
        """

    @Test("an extension is a field of the message it extends, named in brackets")
    func fields() throws {
        let (pool, findings) = try load(
            Self.extended,
            """
            name: "b.proto" package: "q" syntax: "proto3" dependency: "a.proto"
            extension { name: "late" extendee: "p.M" number: 101 type: TYPE_STRING label: LABEL_OPTIONAL json_name: "ignored" }
            extension { name: "many" extendee: ".p.M" number: 100 type: TYPE_INT32 label: LABEL_REPEATED }
            """)
        #expect(findings == [])
        let fields = try #require(pool?.message(named: "p.M")).fields
        #expect(fields.map(\.name) == ["own", "[q.many]", "[q.late]", "[p.M.inside]"])
        #expect(fields.map(\.jsonName) == ["own", "[q.many]", "[q.late]", "[p.M.inside]"])
        #expect(fields.map(\.isExtension) == [false, true, true, true])
        // A scalar of proto3 has presence as an extension, and proto3 packs.
        #expect(fields.map(\.hasPresence) == [true, false, true, true])
        #expect(fields[1].isPacked)
        #expect(fields[3].message == pool?.messageIndex(named: "p.M"))
    }

    @Test("an extension of a type outside the set is only a warning")
    func outside() throws {
        let (pool, findings) = try load(
            "name: \"a.proto\" extension { name: \"x\" extendee: \".p.None\" number: 5 type: TYPE_INT32 label: LABEL_OPTIONAL }")
        #expect(pool != nil)
        #expect(findings.map(\.code) == [.unknownExtendee])
        #expect(findings.map(\.path) == ["a.proto: x"])
    }

    @Test(
        "an extension that cannot be is refused",
        arguments: [
            (
                "name: \"x\" extendee: \".p.M\" number: 1 type: TYPE_INT32 label: LABEL_OPTIONAL",
                DescriptorFinding.Code.duplicateField
            ),
            ("name: \"x\" extendee: \".p.M\" number: 102 type: TYPE_INT32 label: LABEL_OPTIONAL", .duplicateField),
            ("name: \"x\" extendee: \".p.M\" number: 0 type: TYPE_INT32 label: LABEL_OPTIONAL", .invalidField),
            ("name: \"x\" extendee: \".p.M\" number: 150 type_name: \".p.None\" label: LABEL_OPTIONAL", .unresolvedType),
        ])
    func refused(text: String, code: DescriptorFinding.Code) throws {
        let (pool, findings) = try load(Self.extended, "name: \"b.proto\" package: \"q\" extension { \(text) }")
        #expect(pool == nil)
        #expect(findings.map(\.code) == [code])
    }

    @Test("extensions count against the fields of their message")
    func limit() throws {
        var limits = DescriptorLimits()
        limits.fieldsPerMessage = 1
        var set = Google_Protobuf_FileDescriptorSet()
        set.file = [try Google_Protobuf_FileDescriptorProto(textFormatString: Self.extended)]
        let (pool, findings) = DescriptorPool.load(try set.serializedBytes(partial: true), limits: limits)
        #expect(pool == nil)
        #expect(findings.map(\.code) == [.limitExceeded])
    }

    @Test("a message set is refused by name")
    func messageSet() throws {
        let (pool, findings) = try load(
            "name: \"a.proto\" package: \"p\" message_type { name: \"S\" options { message_set_wire_format: true } }")
        #expect(pool == nil)
        #expect(findings.map(\.code) == [.unsupportedMessageSet])
        #expect(findings.map(\.path) == ["a.proto: p.S"])
    }

    @Test("neither a map nor its values are delimited, whatever the file says")
    func maps() throws {
        let (pool, findings) = try load(
            """
            name: "a.proto" package: "p" syntax: "editions" edition: EDITION_2023 options { features { message_encoding: DELIMITED } }
            message_type { name: "M"
              field { name: "self" number: 1 type: TYPE_MESSAGE type_name: ".p.M" label: LABEL_OPTIONAL }
              field { name: "all" number: 2 type: TYPE_MESSAGE type_name: ".p.M.AllEntry" label: LABEL_REPEATED }
              nested_type { name: "AllEntry" options { map_entry: true }
                field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
                field { name: "value" number: 2 type: TYPE_MESSAGE type_name: ".p.M" label: LABEL_OPTIONAL } } }
            """)
        #expect(findings == [])
        #expect(try #require(pool?.message(named: "p.M")).fields.map(\.kind) == [.group, .message])
        #expect(try #require(pool?.message(named: "p.M.AllEntry")).fields.map(\.kind) == [.string, .message])
    }
}
