import Documents
import Testing

@testable import GatewayCore

@Suite("Modules beside a platform")
struct ModuleLedgerTests {
    @Test("a module's routes come behind the platform's and belong to it")
    func served() throws {
        var rig = try ModuleRig()
        let changed = rig.install(ModuleRig.package("notes", paths: ["/notes"]), now: 7)
        let report = try #require(changed.first)
        #expect(changed.count == 1 && report.state == .served && report.since == 7 && report.operations == 1)
        #expect(report.versionServed == "1" && report.versionWanted == "1" && report.findings == [])
        let snapshot = try rig.snapshot()
        #expect(snapshot.isConsistent)
        #expect(snapshot.operations.last?.module == .fixed(Array("notes".utf8)))
        #expect(snapshot.operations.last?.service?.name == "notes")
        #expect(snapshot.services.count == rig.platform.routes.services.count + 1)
    }

    @Test("without modules the snapshot is the platform's own")
    func none() throws {
        var rig = try ModuleRig()
        rig.install()
        let snapshot = try rig.snapshot()
        #expect(snapshot.isConsistent && snapshot.operations.count == rig.platform.routes.operations.count)
    }

    @Test("a faulty version leaves the last good one in force, and no other module hears of it")
    func quarantine() throws {
        var rig = try ModuleRig()
        let other = ModuleRig.package("other", paths: ["/other"])
        rig.install(ModuleRig.package("notes", paths: ["/notes"]), other, now: 1)
        let before = try rig.snapshot().operations.first { $0.template.hasSuffix("/other") }
        let faulty = ModuleRig.package("notes", version: "2", paths: ["/notes", "notes"])
        let changed = rig.install(faulty, other, now: 2)
        #expect(changed.map(\.slug) == ["notes"])
        let report = try #require(rig["notes"])
        #expect(report.state == .quarantined && report.versionServed == "1" && report.versionWanted == "2" && report.since == 2)
        #expect(report.findings.contains { $0.severity == .error && $0.file == "modules/notes/api.yaml" && $0.line > 0 })
        try rig.expectRoutes(["/api/v1/notes", "/api/v1/other"])
        let after = try rig.snapshot().operations.first { $0.template.hasSuffix("/other") }
        #expect(after === before, "what did not change is not made anew")
        rig.install(ModuleRig.package("notes", version: "3", paths: ["/notes", "/more"]), other, now: 3)
        #expect(rig["notes"]?.state == .served && rig["notes"]?.versionServed == "3")
        try rig.expectRoutes(["/api/v1/notes", "/api/v1/more", "/api/v1/other"])
        try rig.expectConsistent()
    }

    @Test("a module that was never good has no routes")
    func refused() throws {
        var rig = try ModuleRig()
        rig.install(ModuleRig.package("notes", ["module.yaml": "slug: notes"]), ModuleRig.package("other", paths: ["/other"]))
        #expect(rig["notes"]?.state == .refused && rig["notes"]?.versionServed == nil)
        try rig.expectRoutes(["/api/v1/other"])
    }

    @Test("a module that is gone takes its routes along, and those behind move up")
    func removed() throws {
        var rig = try ModuleRig()
        let (a, b) = (ModuleRig.package("a", paths: ["/a", "/a/{id}"]), ModuleRig.package("b", paths: ["/b"]))
        rig.install(a, b)
        try rig.expectConsistent()
        let changed = rig.install(b)
        #expect(changed == [])
        try rig.expectRoutes(["/api/v1/b"])
        try rig.expectConsistent()
        #expect(rig["a"] == nil)
    }

    @Test("a package that was written again with the same content changes nothing")
    func touched() throws {
        var rig = try ModuleRig()
        rig.install(ModuleRig.package("a", paths: ["/a"]), now: 1)
        let before = try rig.snapshot().operations.last
        let changed = rig.install(ModuleRig.package("a", paths: ["/a"]), now: 2)
        let after = try rig.snapshot().operations.last
        #expect(changed == [] && after === before && rig["a"]?.since == 1)
    }

    // MARK: Conflicts

    @Test("of two modules that come together the slug decides, in whatever order they are listed", arguments: [false, true])
    func together(_ isReversed: Bool) throws {
        var rig = try ModuleRig()
        let packages = [ModuleRig.package("a", paths: ["/same", "/a"]), ModuleRig.package("b", paths: ["/same", "/b"])]
        rig.ledger.update(isReversed ? packages.reversed() : packages, beside: rig.platform, now: 0)
        #expect(rig["a"]?.state == .served && rig["b"]?.state == .refused)
        try rig.expectRoutes(["/api/v1/same", "/api/v1/a"])
        let finding = try #require(rig["b"]?.findings.first)
        #expect(finding.code == "route-conflict" && finding.file == "modules/b/api.yaml" && finding.line > 0)
        #expect(finding.message.contains("module a") && finding.message.contains("modules/a/api.yaml"))
    }

    @Test("a module that runs keeps its routes against one that comes, whatever their slugs")
    func running() throws {
        var rig = try ModuleRig()
        let (a, b) = (ModuleRig.package("a", paths: ["/same"]), ModuleRig.package("b", paths: ["/same"]))
        rig.install(b)
        rig.install(a, b)
        #expect(rig["b"]?.state == .served && rig["a"]?.state == .refused)
        rig.install(a)
        #expect(rig["a"]?.state == .served && rig.codes("a") == [], "and takes them over when the other is gone")
    }

    @Test("an update that claims another's route is quarantined alone, until the other gives it up")
    func updates() throws {
        var rig = try ModuleRig()
        let b = ModuleRig.package("b", paths: ["/moving"])
        rig.install(ModuleRig.package("a", paths: ["/a"]), b)
        let next = ModuleRig.package("a", version: "2", paths: ["/a", "/moving"])
        rig.install(next, b)
        #expect(rig["a"]?.state == .quarantined && rig["a"]?.versionServed == "1" && rig["b"]?.state == .served)
        rig.install(next, ModuleRig.package("b", version: "2", paths: ["/b"]))
        #expect(rig["a"]?.versionServed == "2" && rig["b"]?.versionServed == "2")
        try rig.expectConsistent()
    }

    @Test("what one gives up in a change another can take in the same change", arguments: ["a", "z"])
    func handedOver(_ taker: String) throws {
        var rig = try ModuleRig()
        rig.install(ModuleRig.package("m", paths: ["/m", "/moving"]), ModuleRig.package(taker, paths: ["/taker"]))
        rig.install(
            ModuleRig.package("m", version: "2", paths: ["/m"]),
            ModuleRig.package(taker, version: "2", paths: ["/taker", "/moving"]))
        #expect(rig["m"]?.versionServed == "2" && rig[taker]?.versionServed == "2" && rig.codes(taker) == [])
    }

    @Test("the platform's routes, the gateway's own and names of services are nobody else's")
    func platformsOwn() throws {
        var rig = try ModuleRig()
        rig.install(
            ModuleRig.package("a", paths: ["/contacts"]), ModuleRig.package("b", service: "crm", paths: ["/b"]),
            ModuleRig.package("c", service: "shared", paths: ["/c"]), ModuleRig.package("d", service: "shared", paths: ["/d"]))
        #expect(rig.codes("a") == ["route-conflict"] && rig.codes("b") == ["duplicate-name"])
        #expect(rig.codes("c") == [] && rig.codes("d") == ["duplicate-name"])
        #expect(rig["a"]?.findings.first?.message.contains("the platform already, etc/crm.yaml") == true)
        try rig.expectRoutes(["/api/v1/c"])
    }

    // MARK: Another platform

    @Test("beside another platform modules stay as they are; the platform's new routes go before theirs")
    func reload() throws {
        var rig = try ModuleRig()
        let (a, b) = (ModuleRig.package("a", paths: ["/a"]), ModuleRig.package("b", paths: ["/people"]))
        rig.install(a, b)
        let next = Platform.with("/contacts:", "/people:", in: "etc/crm.yaml")
        rig.platform = try #require(try next.compile().platform)
        rig.install(a, b)
        #expect(rig["a"]?.state == .served && rig["b"]?.state == .refused && rig.codes("b") == ["route-conflict"])
        try rig.expectRoutes(["/api/v1/a"])
        rig.platform = try #require(try Platform().compile().platform)
        rig.install(a, b)
        #expect(rig["b"]?.state == .served)
        try rig.expectConsistent()
    }

    @Test("the last good version of a quarantined module outlives a reload of the platform")
    func lastGoodOverReload() throws {
        var rig = try ModuleRig()
        rig.install(ModuleRig.package("a", paths: ["/a"]))
        let faulty = ModuleRig.package("a", version: "2", paths: ["a"])
        rig.install(faulty)
        rig.platform = try #require(try Platform().compile().platform)
        rig.install(faulty)
        #expect(rig["a"]?.state == .quarantined && rig["a"]?.versionServed == "1")
        try rig.expectRoutes(["/api/v1/a"])
        try rig.expectConsistent()
    }

    @Test("a module whose service cannot be asked for its descriptors is refused until it can, and asked again when told to")
    func reflection() throws {
        let shop = "  - name: shop\n    protocol: grpc\n    addresses: [\"shop:50051\"]\n    descriptors: shop.pb"
        var rig = try ModuleRig(Platform.with(shop, ""))
        let package = ModuleRig.package(
            "shop",
            [
                "module.yaml": """
                slug: shop
                version: "1"
                services: [{ name: shop, protocol: grpc, addresses: ["shop:1"], descriptors: reflection }]
                """
            ])
        #expect(rig.ledger.reflecting([package], beside: rig.platform)["shop"]?.map(\.name) == ["shop"])
        var sets = ReflectedSets()
        sets.files["reflection://shop"] = .failure(FileSource.Fault("nobody answers"))
        rig.ledger.update([package], beside: rig.platform, reflected: ["shop": sets], now: 0)
        #expect(rig["shop"]?.state == .refused && rig.ledger.isWorthAnotherTry)
        #expect(rig.ledger.reflecting([package], beside: rig.platform).isEmpty)
        #expect(rig.ledger.reflecting([package], beside: rig.platform, retries: true).count == 1)
        sets.files["reflection://shop"] = .success(Platform.standardDescriptors)
        rig.ledger.update([package], beside: rig.platform, reflected: ["shop": sets], retries: true, now: 0)
        #expect(rig["shop"]?.state == .served && !rig.ledger.isWorthAnotherTry, "\(rig.codes("shop"))")
        #expect(try #require(rig["shop"]).operations > 0)
        rig.platform = try #require(try Platform.with(shop, "").compile().platform)
        rig.ledger.update([package], beside: rig.platform, now: 0)
        #expect(rig["shop"]?.state == .quarantined, "what was told last stays in force beside another platform")
    }

    @Test("a change of one module compiles no other again")
    func incremental() throws {
        var rig = try ModuleRig()
        let many = (0..<50).map { ModuleRig.package("m\($0)", paths: ["/m\($0)", "/m\($0)/{id}"]) }
        rig.ledger.update(many, beside: rig.platform, now: 0)
        let before = try rig.snapshot()
        let more = many + [ModuleRig.package("zzz", paths: ["/zzz"])]
        let clock = ContinuousClock()
        let begin = clock.now
        rig.ledger.update(more, beside: rig.platform, now: 0)
        let after = try rig.snapshot()
        let spent = clock.now - begin
        var ledger = ModuleLedger(environment: [:])
        ledger.update(more, beside: rig.platform, now: 0)
        let whole = clock.now - begin - spent
        #expect(spent * 4 < whole, "\(spent) beside \(whole)")
        #expect(after.operations.count == before.operations.count + 1)
        #expect(zip(before.operations, after.operations).allSatisfy { $0 === $1 })
    }
}
