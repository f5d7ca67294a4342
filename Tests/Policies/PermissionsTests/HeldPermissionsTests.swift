import Bytes
import Permissions
import Testing

@Suite struct HeldPermissionsTests {
    func allows(_ held: [String], _ pattern: String, _ values: [String] = []) throws -> Bool {
        let names = values.indices.map { "p\($0)" }
        let compiled = try PermissionPattern(pattern, parameters: names)
        let bytes = values.map { Array($0.utf8) }
        let writer = ByteWriter()
        let starts = bytes.map { value in
            value.withByteView { writer.append($0) }
            return ByteRange(writer.count - value.count, writer.count)
        }
        return HeldPermissions(held, seed: 5).allows(compiled) { writer.view[starts[$0]] }
    }

    @Test(
        "matches exactly, by module and by star",
        arguments: [
            (["crm.contacts.read"], "crm.contacts.read", true), (["crm.contacts.read"], "crm.contacts.write", false),
            (["crm.*"], "crm.contacts.read", true),
            (["crm.*"], "crmx.contacts.read", false), (["crmx.*"], "crm.contacts.read", false),
            (["*"], "crm.contacts.read", true), ([], "crm.contacts.read", false),
            (["hr.people.read", "crm.*"], "hr.people.read", true), (["hr.people.read", "crm.*"], "hr.people.write", false),
            (["crm.contacts.rea"], "crm.contacts.read", false), (["crm.contacts.readx"], "crm.contacts.read", false),
            (["CRM.contacts.read"], "crm.contacts.read", false),
        ] as [([String], String, Bool)])
    func matching(held: [String], pattern: String, expected: Bool) throws {
        #expect(try allows(held, pattern) == expected)
    }

    @Test(
        "puts the values of parameters into the name",
        arguments: [
            (["crm.contacts.read"], ["crm", "contacts"], true), (["crm.contacts.read"], ["crm", "deals"], false),
            (["crm.*"], ["crm", "deals"], true),
            (["crm.*"], ["hr", "people"], false), (["crm.*"], ["", "x"], false), (["*"], ["anything", "x"], true),
        ] as [([String], [String], Bool)])
    func parameters(held: [String], values: [String], expected: Bool) throws {
        #expect(try allows(held, "{p0}.{p1}.read", values) == expected)
    }

    @Test(
        "never lets a value stand for more than one part",
        arguments: ["contacts.read", "*", ".", "a.b", "%2e", "a/b", "é", "", "a b", String(repeating: "c", count: 65)])
    func hostileValues(value: String) throws {
        let held = ["crm.contacts.read", "crm.*", "*.*", "crm.contacts.read.read", "crm.\(value).read"]
        #expect(try !allows(held, "crm.{p0}.read", [value]))
        #expect(try !allows(held, "{p0}.contacts.read", [value]))
    }

    @Test("accepts values and parts of 64 bytes")
    func longest() throws {
        let part = String(repeating: "c", count: 64)
        #expect(try allows(["\(part).\(part).\(part)"], "{p0}.{p1}.\(part)", [part, part]))
        #expect(try allows(["\(part).*"], "{p0}.{p1}.{p0}", [part, part]))
    }

    @Test(
        "ignores what is no permission",
        arguments: [
            "", ".", "crm", "crm.contacts", "crm.contacts.*", "*.contacts.read", "crm.*.read", "crm.**", "* ", "a.b.c.d",
            "crm..read",
        ])
    func ignored(name: String) {
        let held = HeldPermissions([name, "a.b.c"])
        #expect(held.ignored == [name])
        #expect(held.count == 1)
        #expect(!held.holdsAll)
    }

    @Test("finds every one of many", arguments: [1, 2, 3, 500])
    func many(size: Int) throws {
        let names = (0..<size).map { "m\($0 % 7).r\($0).read" }
        let held = HeldPermissions(names + names)
        #expect(held.count == size)
        for name in names { #expect(held.allows(try PermissionPattern(name))) }
        #expect(!held.allows(try PermissionPattern("m0.r\(size).read")))
    }
}
