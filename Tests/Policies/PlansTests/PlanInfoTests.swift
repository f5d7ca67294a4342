import Bytes
import Testing

@testable import Plans

@Suite("Plans as they are stored")
struct PlanInfoTests {
    private func parse(_ text: String) -> Result<PlanInfo, PlanFault> { text.withByteView { PlanInfo.parse($0) } }

    @Test("the documented value is read, and what the gateway does not act on is let be")
    func whole() throws {
        let text =
            #"{"plan":"pro","status":"past_due","exceeded":["crm.notes","crm.contacts","crm.notes"],"#
            + #""features":["sso"],"limits":{"crm.contacts":{"max":[1,2]}},"price":1e3,"other":null}"#
        let plan = try parse(text).get()
        #expect(plan.plan == "pro" && plan.status == .pastDue)
        #expect(plan.exceeded == ["crm.contacts", "crm.notes"])
    }

    @Test("every status is read by its name alone", arguments: PlanInfo.Status.allCases)
    func status(_ status: PlanInfo.Status) throws {
        let plan = try parse(#"{"status":"\#(status.rawValue)"}"#).get()
        #expect(plan.status == status && plan.plan.isEmpty && plan.exceeded.isEmpty)
        #expect(fault(#"{"status":"\#(status.rawValue.uppercased())"}"#) == .status)
    }

    private func fault(_ text: String) -> PlanFault? {
        if case .failure(let fault) = parse(text) { fault } else { nil }
    }

    static let malformed: [(text: String, fault: PlanFault)] = [
        ("", .json), ("[]", .json), ("\"active\"", .json), (#"{"status":"active""#, .json),
        (#"{"status":"active"} x"#, .json), (#"{"status":"active","status":"suspended"}"#, .json),
        (#"{"status":"active","a":{"b":1,"b":2}}"#, .json),
        (#"{"status":"active","a":\#(String(repeating: "[", count: 20))\#(String(repeating: "]", count: 20))}"#, .json),
        ("{}", .status), (#"{"status":null}"#, .status), (#"{"status":["active"]}"#, .status), (#"{"status":"paused"}"#, .status),
        (#"{"status":"missing"}"#, .status),
        (#"{"status":"active","plan":1}"#, .name), (#"{"status":"active","plan":null}"#, .name),
        (#"{"status":"active","exceeded":"crm.contacts"}"#, .quotas), (#"{"status":"active","exceeded":[1]}"#, .quotas),
        (#"{"status":"active","exceeded":[["crm"]]}"#, .quotas), (#"{"status":"active","exceeded":[""]}"#, .quotas),
        (#"{"status":"active","exceeded":["a..b"]}"#, .quotas), (#"{"status":"active","exceeded":["a.b.c.d.e"]}"#, .quotas),
        (#"{"status":"active","exceeded":["crm.*"]}"#, .quotas), (#"{"status":"active","exceeded":["crm contacts"]}"#, .quotas),
        (#"{"status":"active","exceeded":["{module}.x"]}"#, .quotas),
    ]

    @Test("what is no plan is refused with its reason", arguments: malformed)
    func refused(text: String, expected: PlanFault) {
        #expect(fault(text) == expected)
    }

    @Test("each limit holds on both sides")
    func limits() {
        func quotas(_ count: Int) -> String {
            let names = (0..<count).map { "\"q\($0)\"" }.joined(separator: ",")
            return #"{"status":"active","exceeded":[\#(names)]}"#
        }
        #expect(fault(quotas(PlanInfo.maximumQuotas)) == nil)
        #expect(fault(quotas(PlanInfo.maximumQuotas + 1)) == .quotas)
        func named(_ count: Int) -> String { #"{"status":"active","plan":"\#(String(repeating: "p", count: count))"}"# }
        #expect(fault(named(PlanInfo.maximumNameBytes)) == nil)
        #expect(fault(named(PlanInfo.maximumNameBytes + 1)) == .name)
        func part(_ count: Int) -> String { #"{"status":"active","exceeded":["a.\#(String(repeating: "p", count: count))"]}"# }
        #expect(fault(part(NamePart.mostBytes)) == nil)
        #expect(fault(part(NamePart.mostBytes + 1)) == .quotas)
        let frame = #"{"status":"active","x":""}"#.utf8.count
        func sized(_ count: Int) -> String { #"{"status":"active","x":"\#(String(repeating: "x", count: count - frame))"}"# }
        #expect(fault(sized(PlanInfo.maximumBytes)) == nil)
        #expect(fault(sized(PlanInfo.maximumBytes + 1)) == .json)
    }

    @Test("no prefix of a plan is one, and no byte in its place ends the process")
    func hostile() {
        let text = Array(#"{"plan":"pro","status":"active","exceeded":["crm.contacts"]}"#.utf8)
        for count in 0..<text.count {
            guard case .failure = Array(text[..<count]).withByteView({ PlanInfo.parse($0) }) else {
                Issue.record("the first \(count) bytes were read")
                continue
            }
        }
        for place in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[place] = byte
                if case .success(let plan) = changed.withByteView({ PlanInfo.parse($0) }) {
                    #expect(plan.status != .suspended && plan.status != .terminated)
                }
            }
        }
    }
}
