import Bytes
import Documents
import Testing

@testable import Flags

/// A caller of texts and booleans.
private struct Caller: FlagSubject {
    private let texts: [String: ByteWriter]
    private let isOn: Set<String>

    init(_ texts: [String: String] = [:], on: Set<String> = []) {
        self.texts = texts.merging(["targetingKey": texts["targetingKey"] ?? "ada"]) { own, _ in own }.mapValues { text in
            let bytes = ByteWriter()
            text.withByteView { bytes.append($0) }
            return bytes
        }
        isOn = on
    }

    var key: ByteView { texts["targetingKey"]?.view ?? .empty }

    func operand(_ name: ByteView) -> FlagOperand? {
        if isOn.contains(String(name)) { return .bool(true) }
        return texts[String(name)].map { .text($0.view) }
    }
}

/// Evaluation as such is held against the engine by Tests/Conformance/test_flags_differential.py.
@Suite("Flags")
struct FlagTests {
    private func set(_ text: String) throws -> FlagSet { try FlagSet.read(Array(text.utf8), file: "flags.yaml").get() }

    private func flag(_ members: String) throws -> FlagSet { try set("f: {variations: {on: true, off: false}, \(members)}") }

    @Test(
        "conditions",
        arguments: [
            (#"tenantId eq "ACME""#, true), (#"tenantId eq "acme" and roles.admin pr"#, true), (#"tenantId ne "acme""#, false),
            (#"tenantId in ["acme"]"#, true), (#"tenantId in ["Acme"]"#, false), (#"missing eq "x""#, false),
            (#"not (missing eq "x")"#, true), ("missing eq null", true), ("tenantId ne null", true), (#"tenantId gt "ab""#, true),
            (#"tenantId co "CM""#, true), (#"tenantId sw "acme and more""#, false), (#"tenantId ew """#, true),
            (#"roles.admin eq true or missing pr and missing pr"#, false),
            (#"roles.admin eq true or (missing pr and missing pr)"#, true),
            ("android eq null", true), ("tenantId eq 5", false), ("  ( tenantId   pr )  ", true),
        ])
    func conditions(query: String, holds: Bool) throws {
        let set = try flag("targeting: [{query: '\(query)', variation: on}], defaultRule: {variation: off}")
        #expect(set.findings.isEmpty, "\(set.findings)")
        #expect(set.isOn("f", Caller(["tenantId": "acme"], on: ["roles.admin"]), now: 0) == holds)
    }

    @Test("only true is on")
    func values() throws {
        let set = try set(
            """
            {"flags": {
              "yes": {"variations": {"a": true}, "defaultRule": {"variation": "a"}},
              "text": {"variations": {"a": "true"}, "defaultRule": {"variation": "a"}},
              "one": {"variations": {"a": 1}, "defaultRule": {"variation": "a"}},
              "shut": {"variations": {"a": true}, "defaultRule": {"variation": "a"}, "disable": true}}}
            """)
        #expect(set.flags.count == 4)
        #expect(
            ["yes", "text", "one", "shut", "unknown"].map { set.isOn($0, Caller(), now: 0) } == [
                true, false, false, false, false,
            ])
        #expect(set.flags["text"]?.variations.first?.json == "\"true\"")
    }

    @Test("a schedule, a window and a rollout at their moments")
    func moments() throws {
        let at: (String) -> Int64 = { FlagDate.milliseconds($0) ?? -1 }
        let scheduled = try flag(
            "defaultRule: {variation: off}, scheduledRollout: [{date: '2026-01-02T00:00:00+01:00', defaultRule: {variation: on}}]"
        )
        #expect(!scheduled.isOn("f", Caller(), now: at("2026-01-01T22:59:59Z")))
        #expect(scheduled.isOn("f", Caller(), now: at("2026-01-01T23:00:00.5Z")))
        let window = try flag(
            "defaultRule: {variation: on}, experimentation: {start: '2026-01-01T00:00:00Z', end: '2026-02-01T00:00:00Z'}")
        #expect(
            ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-02-01T00:00:01Z"].map {
                window.isOn("f", Caller(), now: at($0))
            } == [false, true, true, false])
        let rollout = try flag(
            """
            defaultRule: {progressiveRollout: {initial: {variation: off, date: '2026-01-01T00:00:00Z'},
            end: {variation: on, date: '2026-01-11T00:00:00Z'}}}
            """)
        let share: (String) -> Int = { moment in
            (0..<2000).count { rollout.isOn("f", Caller(["targetingKey": "user \($0)"]), now: at(moment)) }
        }
        #expect(share("2025-12-31T00:00:00Z") == 0 && share("2026-01-12T00:00:00Z") == 2000)
        #expect((900...1100).contains(share("2026-01-06T00:00:00Z")))
    }

    @Test(
        "times that are none",
        arguments: ["", "2026-01-01", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+1", "x"])
    func times(text: String) { #expect(FlagDate.milliseconds(text) == nil) }

    @Test(
        "one wrong flag is left out and said, the others count",
        arguments: [
            "5", "{}", "{variations: {}}", "{variations: {a: 1}}", "{variations: {a: 1}, defaultRule: {}}",
            "{variations: {a: 1}, defaultRule: {variation: b}}", "{variations: {a: 1}, defaultRule: {percentage: {b: 5}}}",
            "{variations: {a: 1}, defaultRule: {percentage: {a: 0}}}", "{variations: {a: 1}, defaultRule: {percentage: {a: -5}}}",
            "{variations: {a: 1}, defaultRule: {percentage: {a: 1e300}}}",
            "{variations: {a: 1}, defaultRule: {variation: a}, scheduledRollout: [{date: soon}]}",
            "{variations: {a: 1}, defaultRule: {variation: a}, scheduledRollout: [5]}",
            "{variations: {a: 1}, defaultRule: {variation: a}, targeting: [{variation: a, query: 'a eq'}]}",
            "{variations: {a: 1}, defaultRule: {variation: a}, experimentation: {start: never}}",
            "{variations: {a: 1}, defaultRule: {progressiveRollout: {initial: {variation: a, date: '2026-01-01T00:00:00Z'}}}}",
        ])
    func wrong(flag: String) throws {
        let set = try set("good: {variations: {on: true}, defaultRule: {variation: on}}\nbad: \(flag)\n")
        #expect(set.flags["bad"] == nil)
        #expect(set.findings.count == 1 && set.findings[0].code == "bad-flag" && set.findings[0].line == 2, "\(set.findings)")
        #expect(set.isOn("good", Caller(), now: 0))
    }

    @Test("texts that are no flags are refused whole", arguments: ["[1]", "5", "{", "flags: 5", "flags: [1]", "\u{0}"])
    func refused(text: String) {
        #expect(throws: FlagFault.self) { try FlagSet.read(Array(text.utf8), file: "f").get() }
    }
}
