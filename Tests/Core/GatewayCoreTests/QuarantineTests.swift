import Bytes
import Documents
import HTTPSemantics
import Routing
import Testing

@testable import GatewayCore

@Suite("Quarantine")
struct QuarantineTests {
    /// The routes of a service in words.
    private func routes(_ service: String, _ snapshot: Snapshot?) -> [String] {
        (snapshot?.operations ?? []).filter { $0.service?.name == service }.map { "\($0.method) \($0.template)" }
    }

    @Test("one service's bad document takes none of another's routes away")
    func apart() throws {
        let good = try Platform().snapshot()
        let outcome = try Platform.with("x-permission: crm.contact.read", "x-permision: 1", in: "etc/crm.yaml").compile()
        let snapshot = try #require(outcome.snapshot)
        #expect(snapshot.quarantined == [Quarantine(service: "crm", isServed: false)])
        #expect(routes("crm", snapshot).isEmpty && !routes("shop", snapshot).isEmpty)
        #expect(routes("shop", snapshot) == routes("shop", good))
        #expect(snapshot.operations.enumerated().allSatisfy { $0.offset == $0.element.index }, "routes lead to their operations")
        #expect(outcome.findings.contains { $0.severity == .error && $0.file == "etc/crm.yaml" && $0.line > 0 })
        for operation in snapshot.operations where operation.service?.name == "shop" && operation.method == "GET" {
            let path = operation.template.replacing(#/\{[^}]*\}/#, with: "a")
            let found = path.withByteView { view in
                "GET".withByteView { snapshot.routes.match(path: view, method: .get, customMethod: $0, captures: Captures()) }
            }
            guard case .found(let index) = found else {
                Issue.record("\(path) is not found")
                continue
            }
            #expect(index == operation.index)
        }
    }

    @Test("the last good documents stay in force until the service has good ones again")
    func lastGood() throws {
        let first = try Platform().compile()
        let broken = try Platform.with("/contacts:", "/people: [", in: "etc/crm.yaml").compile(earlier: first.documents)
        #expect(broken.snapshot?.quarantined == [Quarantine(service: "crm", isServed: true)])
        #expect(routes("crm", broken.snapshot) == routes("crm", first.snapshot))
        let again = try Platform.with("/contacts:", "/people: [", in: "etc/crm.yaml").compile(earlier: broken.documents)
        #expect(routes("crm", again.snapshot) == routes("crm", first.snapshot), "and stay for the load after that")
        let mended = try Platform.with("/contacts:", "/people:", in: "etc/crm.yaml").compile(earlier: again.documents)
        #expect(mended.snapshot?.quarantined == [] && routes("crm", mended.snapshot).contains("GET /api/v1/people"))
    }

    @Test("a route that two services claim is the first one's; the second is quarantined as a whole")
    func conflict() throws {
        var platform = Platform.adding(
            """
              - name: copy
                protocol: http
                addresses: ["copy:80"]
                openapi: copy.yaml
            """)
        platform.files["etc/copy.yaml"] = """
            openapi: 3.1.0
            info: { title: Copy, version: "1" }
            servers: [{ url: /api/v1 }]
            security: []
            paths:
              /contacts: { get: { responses: {} } }
              /own: { get: { responses: {} } }
            """
        let outcome = try platform.compile()
        #expect(outcome.snapshot?.quarantined == [Quarantine(service: "copy", isServed: false)])
        #expect(routes("copy", outcome.snapshot).isEmpty && routes("crm", outcome.snapshot).contains("GET /api/v1/contacts"))
        let finding = try #require(outcome.findings.first { $0.code == "route-conflict" })
        #expect(finding.file == "etc/copy.yaml" && finding.line == 6 && finding.message.contains("etc/crm.yaml"))
    }
}
