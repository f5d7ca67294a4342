import HTTPClients
import Synchronization
import Testing
import TokenVerification

/// A source whose answers and time the test decides, and a record of what the store said.
final class Stage: Sendable {
    let answer = Mutex<Result<[UInt8]?, KeySourceFault>>(.success(Documents.before))
    let now = Mutex<Int64>(0)
    let loads = Mutex(0)
    let rings = Mutex<[KeyRing]>([])
    let events = Mutex<[String]>([])
    /// Held while a load must not finish.
    let gate = Mutex<AsyncStream<Void>?>(nil)

    func source(_ id: String = "source") -> KeySource {
        KeySource(id: id) { [self] in
            loads.withLock { $0 += 1 }
            if let gate = gate.withLock({ $0 }) { for await _ in gate {} }
            return answer.withLock { $0 }
        }
    }

    func issuer(_ name: String = "https://iam", id: String = "source") -> KeyStore.Issuer {
        KeyStore.Issuer(IssuerRule(issuer: name), source(id))
    }

    func store() -> KeyStore {
        KeyStore(
            now: { [self] in now.withLock { $0 } }, chance: { 0.5 }, seed: 1,
            publish: { [self] ring in rings.withLock { $0.append(ring) } },
            report: { [self] event in
                let text =
                    switch event {
                    case .loaded(_, let keys, let findings): "loaded \(keys) \(findings.count)"
                    case .failed(_, let keys, let fault): "failed \(keys) \(fault.code.rawValue)"
                    }
                events.withLock { $0.append(text) }
            })
    }

    func advance(to time: Int64) { now.withLock { $0 = time } }
    func answers(_ result: Result<[UInt8]?, KeySourceFault>) { answer.withLock { $0 = result } }
    var loadCount: Int { loads.withLock { $0 } }
    var log: [String] { events.withLock { $0 } }
    var ringCount: Int { rings.withLock { $0.count } }
}

@Suite("Key store")
struct KeyStoreTests {
    private let stage = Stage()
    private let fault = KeySourceFault(.unreachable, "down")
    private let esNext = Array("es-next".utf8)
    private func unknown(_ kid: String = "es-next") -> UnknownKey {
        UnknownKey(issuer: 0, issuerName: "https://iam", keyID: Array(kid.utf8))
    }

    private func loaded() async -> KeyStore {
        let store = stage.store()
        store.setIssuers([stage.issuer()])
        await store.loadDue()
        return store
    }

    @Test("is ready once every issuer has answered, and publishes rings in order")
    func start() async {
        let store = stage.store()
        store.setIssuers([stage.issuer()])
        #expect(store.neverLoaded == ["https://iam"])
        #expect(store.ring.keyCount == 0)
        await store.loadDue()
        #expect(store.neverLoaded.isEmpty)
        #expect(store.ring.keyCount == 1)
        #expect(stage.rings.withLock { $0.map(\.generation) } == [1, 2])
        #expect(stage.log == ["loaded 1 0"])
        await store.loadDue()
        #expect(stage.loadCount == 1, "nothing is due")
    }

    @Test("a source that is down or answers nonsense keeps the keys of before, and its failure is told")
    func stale() async {
        let store = await loaded()
        let bad: [Result<[UInt8]?, KeySourceFault>] = [
            .failure(fault), .success(Array("<html>".utf8)), .success(Array("{\"keys\":[]}".utf8)),
        ]
        var time: Int64 = 300_000
        for answer in bad {
            stage.answers(answer)
            stage.advance(to: time)
            await store.loadDue()
            #expect(store.ring.keyCount == 1)
            time += 60_000
        }
        #expect(stage.log == ["loaded 1 0", "failed 1 keys-unreachable", "failed 1 keys-document", "failed 1 keys-document"])
        #expect(store.neverLoaded.isEmpty)
    }

    @Test("an issuer that was never loaded stays so through failures and unchanged answers")
    func never() async {
        let store = stage.store()
        store.setIssuers([stage.issuer()])
        stage.answers(.failure(fault))
        await store.loadDue()
        stage.answers(.success(nil))
        stage.advance(to: 10_000)
        await store.loadDue()
        #expect(stage.loadCount == 2)
        #expect(store.neverLoaded == ["https://iam"])
        stage.answers(.success(Documents.before))
        stage.advance(to: 20_000)
        await store.loadDue()
        #expect(store.neverLoaded.isEmpty)
    }

    @Test("the same keys again make no new ring, however they are written")
    func unchanged() async {
        let store = await loaded()
        let ring = store.ring
        for (index, document) in [Documents.before, Documents.respelled, nil].enumerated() {
            stage.answers(.success(document))
            stage.advance(to: Int64(index + 1) * 400_000)
            await store.loadDue()
        }
        #expect(stage.loadCount == 4)
        #expect(store.ring === ring)
    }

    @Test("an unknown key is fetched once for all who wait, and they go on with the new ring")
    func demand() async {
        let store = await loaded()
        stage.advance(to: 20_000)
        stage.answers(.success(Documents.rotated))
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        stage.gate.withLock { $0 = gate }
        let rings = await withTaskGroup(of: KeyRing?.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        let isParked = store.requestRefresh(unknown()) { continuation.resume(returning: $0) }
                        if !isParked { continuation.resume(returning: nil) }
                    }
                }
            }
            // Every request is parked before the fetch may end: the store answers only through the gate.
            group.addTask {
                while stage.loadCount < 2 { await Task.yield() }
                open.finish()
                return nil
            }
            return await group.reduce(into: [KeyRing]()) { if let ring = $1 { $0.append(ring) } }
        }
        #expect(stage.loadCount == 2)
        #expect(!rings.isEmpty)
        #expect(rings.allSatisfy { $0.hasKey(issuer: 0, keyID: esNext) })
        #expect(stage.ringCount == 3)
    }

    @Test("a key that the issuer does not have is answered at once the second time")
    func negative() async {
        let store = await loaded()
        stage.advance(to: 20_000)
        let ring = await withCheckedContinuation { continuation in
            #expect(store.requestRefresh(unknown("nobody")) { continuation.resume(returning: $0) })
        }
        #expect(!ring.hasKey(issuer: 0, keyID: Array("nobody".utf8)))
        stage.advance(to: 40_000)
        #expect(!store.requestRefresh(unknown("nobody")) { _ in Issue.record("answered twice") })
        #expect(stage.loadCount == 2)
    }

    @Test("unknown keys within ten seconds of a fetch, or of an unknown issuer, are answered at once")
    func limited() async {
        let store = await loaded()
        stage.advance(to: 9_999)
        #expect(!store.requestRefresh(unknown()) { _ in Issue.record("called") })
        let stranger = UnknownKey(issuer: 0, issuerName: "https://evil", keyID: nil)
        stage.advance(to: 99_999)
        #expect(!store.requestRefresh(stranger) { _ in Issue.record("called") })
        #expect(stage.loadCount == 1)
    }

    @Test("a request parked on a failing fetch goes on with the keys of before")
    func failedDemand() async {
        let store = await loaded()
        stage.answers(.failure(fault))
        stage.advance(to: 20_000)
        let ring = await withCheckedContinuation { continuation in
            #expect(store.requestRefresh(unknown()) { continuation.resume(returning: $0) })
        }
        #expect(ring.keyCount == 1)
    }

    @Test("a reload keeps the keys of sources that stay, whatever else changes")
    func reload() async {
        let store = await loaded()
        for _ in 0..<100 {
            store.setIssuers([stage.issuer()])
            #expect(store.ring.keyCount == 1 && store.neverLoaded.isEmpty)
        }
        store.setIssuers([stage.issuer("https://second", id: "second"), stage.issuer()])
        #expect(store.ring.hasKey(issuer: 1, keyID: Array("es".utf8)))
        #expect(store.neverLoaded == ["https://second"])
        store.setIssuers([stage.issuer(id: "moved")])
        #expect(store.ring.keyCount == 0 && store.neverLoaded == ["https://iam"])
        await store.loadDue()
        #expect(store.ring.keyCount == 1)
    }

    @Test("a request parked for an issuer that a reload removes is not forgotten")
    func orphan() async {
        let store = await loaded()
        stage.advance(to: 20_000)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        stage.gate.withLock { $0 = gate }
        let ring = await withCheckedContinuation { continuation in
            #expect(store.requestRefresh(unknown()) { continuation.resume(returning: $0) })
            store.setIssuers([])
        }
        #expect(ring.issuerCount == 0)
        open.finish()
    }

    @Test("the background loads what is due until it is cancelled")
    func background() async {
        let store = stage.store()
        store.setIssuers([stage.issuer()])
        let task = Task { await store.run(every: .milliseconds(1)) }
        while store.ring.keyCount == 0 { await Task.yield() }
        task.cancel()
        await task.value
        #expect(stage.loadCount == 1)
    }
}
