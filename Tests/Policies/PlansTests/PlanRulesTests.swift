import Bytes
import ProblemDetails
import Testing

@testable import Plans

@Suite("What a plan means for a request")
struct PlanRulesTests {
    private static let rules = PlanRules(onMissing: .deny, onFailure: .allow)

    /// The verdict on a request with these path parameters.
    private func verdict(
        _ plan: PlanInfo?, _ quota: String? = nil, _ captures: KeyValuePairs<String, String> = [:],
        rules: PlanRules = PlanRulesTests.rules
    ) throws -> PlanVerdict {
        let pattern = try quota.map { try QuotaPattern($0, parameters: captures.map(\.key)) }
        let values = captures.map { ContiguousArray($0.value.utf8) }
        // The views stay good while `values` lives.
        return withExtendedLifetime(values) {
            rules.verdict(plan, quota: pattern) { index in values[index].withUnsafeBytes { ByteView($0) } }
        }
    }

    static let statuses: [(status: PlanInfo.Status, expected: PlanVerdict)] = [
        (.active, .allowed), (.trialing, .allowed), (.pastDue, .allowed), (.suspended, .suspended), (.terminated, .terminated),
    ]

    @Test("a subscription that is suspended or has ended refuses everything, every other one serves", arguments: statuses)
    func standing(status: PlanInfo.Status, expected: PlanVerdict) throws {
        let plan = try PlanInfo(plan: "pro", status: status, exceeded: [])
        #expect(try verdict(plan) == expected)
        #expect(try verdict(plan, "crm.contacts") == expected)
        let full = try PlanInfo(plan: "pro", status: status, exceeded: ["crm.contacts"])
        #expect(try verdict(full, "crm.contacts") == (expected == .allowed ? .exceeded : expected))
    }

    @Test("who says that there is no plan decides: Billing, or nobody at all")
    func unknown() throws {
        let table: [(missing: PlanRules.Choice, failure: PlanRules.Choice, PlanVerdict, PlanVerdict)] = [
            (.allow, .allow, .allowed, .allowed), (.allow, .deny, .allowed, .unknown),
            (.deny, .allow, .missing, .allowed), (.deny, .deny, .missing, .unknown),
        ]
        for (missing, failure, ofMissing, ofNobody) in table {
            let rules = PlanRules(onMissing: missing, onFailure: failure)
            #expect(try verdict(.missing, "crm.contacts", rules: rules) == ofMissing)
            #expect(try verdict(nil, "crm.contacts", rules: rules) == ofNobody)
        }
    }

    static let quotas: [(quota: String, captures: KeyValuePairs<String, String>, isExceeded: Bool)] = [
        ("crm.contacts", [:], true), ("crm.contact", [:], false), ("crm.contactss", [:], false), ("crm", [:], false),
        ("crm.contacts.extra", [:], false), ("storage", [:], true), ("Storage", [:], false),
        ("{module}.{model}", ["module": "crm", "model": "contacts"], true),
        ("{module}.{model}", ["module": "crm", "model": "notes"], false),
        ("{module}.{model}", ["module": "crm.contacts", "model": "x"], false),
        ("{module}", ["module": "crm.contacts"], false), ("{module}", ["module": "storage"], true),
        ("{module}.contacts", ["module": ""], false), ("{module}.contacts", ["module": "c%72m"], false),
        ("crm.{model}", ["model": "contacts"], true), ("{a}.{b}.{c}.{d}", ["a": "a", "b": "b", "c": "c", "d": "d"], true),
        ("crm.{model}", ["model": String(repeating: "x", count: 65)], false),
    ]

    @Test("an operation is refused for the quota it names, whole and exactly", arguments: quotas.indices)
    func drawing(index: Int) throws {
        let row = Self.quotas[index]
        let plan = try PlanInfo(plan: "", status: .active, exceeded: ["crm.contacts", "storage", "a.b.c.d", "zz"])
        #expect(try verdict(plan, row.quota, row.captures) == (row.isExceeded ? .exceeded : .allowed), "\(row)")
        #expect(try verdict(plan, nil, row.captures) == .allowed)
    }

    static let malformed: [(text: String, fault: QuotaPattern.Fault)] = [
        ("", .invalidPart), (".", .invalidPart), ("a.", .invalidPart), ("a..b", .invalidPart), ("a.b.c.d.e", .parts),
        ("a.*", .invalidPart), ("a b", .invalidPart), ("{c}", .unknownParameter), ("a.{b}x", .invalidPart),
        ("a.{}", .unknownParameter), (String(repeating: "a", count: 65), .invalidPart),
    ]

    @Test("what is no quota's name is refused with its reason", arguments: malformed)
    func names(text: String, fault: QuotaPattern.Fault) {
        #expect(throws: fault) { try QuotaPattern(text, parameters: ["b"]) }
    }

    @Test("every refusal has a status of its own kind")
    func refusals() {
        let statuses = PlanVerdict.allCases.map { $0.refusal?.slug.status }
        #expect(statuses == [nil, 402, 402, 402, 402, 503])
        let slugs = PlanVerdict.allCases.compactMap { $0.refusal.map { "\($0.slug.text)" } }
        #expect(
            slugs == [
                "subscription-suspended", "subscription-terminated", "subscription-terminated", "plan-limit-exceeded",
                "service-unavailable",
            ])
    }
}
