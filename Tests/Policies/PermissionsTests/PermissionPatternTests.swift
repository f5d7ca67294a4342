import Bytes
import Permissions
import Testing

@Suite struct PermissionPatternTests {
    @Test(
        "accepts fixed parts and parameters of the path",
        arguments: ["crm.contacts.read", "{module}.{model}.read", "{module}.x-y_Z0.{action}"])
    func accepted(text: String) throws {
        #expect(try PermissionPattern(text, parameters: ["module", "model", "action"]).text == text)
    }

    @Test(
        "says what is wrong with a pattern",
        arguments: [
            ("", .notThreeParts), ("a.b", .notThreeParts), ("a.b.c.d", .notThreeParts), ("*", .notThreeParts),
            ("a..c", .invalidPart), ("a.b.*", .invalidPart),
            ("a.b c.d", .invalidPart), ("a.b.{", .invalidPart), ("a.{x}y.c", .invalidPart), ("a.é.c", .invalidPart),
            ("a.b.{}", .unknownParameter),
            ("a.b.{other}", .unknownParameter), ("a.b." + String(repeating: "c", count: 65), .invalidPart),
        ] as [(String, PermissionPattern.Fault)])
    func refused(text: String, fault: PermissionPattern.Fault) {
        #expect(throws: fault) { try PermissionPattern(text, parameters: ["module"]) }
    }
}
