import Bytes
import NIOCore
import RESP
import RateLimiting
import Testing

@testable import Valkey
@testable import ValkeyRateLimits

/// The script on real servers beside the model in Swift.
@Suite(.enabled(if: ValkeyServer.areThere), .serialized) struct LimitScriptTests {
    static func shared(_ quota: Int, _ window: Int, _ burst: Int) throws -> SharedRate {
        SharedRate(try #require(BucketRate(quota: quota, windowSeconds: window, burst: burst)))
    }

    /// Asks on the rig's own connection; the answers and the server's time, which is read from what the script wrote.
    static func take(
        _ rig: ValkeyTestRig, _ requests: Int64, _ questions: [SharedBucketModel.Question]
    ) async throws -> [SharedBucketModel.Answer] {
        let promise = rig.loop.makePromise(of: [Int64].self)
        let owner = NumbersOwner(promise)
        try await rig.run {
            let command = ValkeyCommand()
            command.begin(LimitScripts.take, keys: questions.count)
            for question in questions { question.key.withByteView { command.key($0) } }
            command.append(decimal: requests)
            for question in questions {
                for number in [
                    question.rate.unit, question.rate.refill, question.rate.capacity, question.extra,
                    question.most ?? question.rate.capacity,
                ] { command.append(decimal: number) }
            }
            rig.client.send(
                command, timeoutMilliseconds: 10_000, owner: owner, tag: 1, nowMilliseconds: ValkeyTestRig.milliseconds())
        }
        let numbers = try await promise.futureResult.get()
        return stride(from: 0, to: numbers.count - 1, by: 2).map { .init(granted: numbers[$0], level: numbers[$0 + 1]) }
    }

    @Test("decides as the model does, at times the test sets", arguments: ValkeyServer.programs)
    func differential(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port])
        var generator = SystemRandomNumberGenerator()
        let rates = [
            try Self.shared(10, 1, 3), try Self.shared(1000, 60, 1000), try Self.shared(7, 60, 2),
            try Self.shared(10_000, 1, 200),
            // In units that are no longer exact.
            try Self.shared(999_999_937, 86_399, 1_000_000_000),
        ]
        for round in 0..<150 {
            var model = SharedBucketModel()
            var questions: [SharedBucketModel.Question] = []
            var written: [[String]] = []
            let now = try server.time()
            for index in 0..<Int.random(in: 1...4) {
                let rate = rates[Int.random(in: 0..<rates.count)]
                let key = "limit:{r\(round)}:\(index)"
                var question = SharedBucketModel.Question(key: key, rate: rate)
                question.extra = [0, 0, 1, 5, 100, 5000].randomElement(using: &generator) ?? 0
                if Bool.random() { question.most = Int64.random(in: 0...rate.capacity) }
                questions.append(question)
                guard Int.random(in: 0..<4) > 0 else { continue }
                // So long ago that it is full, or in a time to come: in between the model would have to know the very microsecond.
                let time = Bool.random() ? now - rate.fillMicroseconds - 1 : now + 3_600_000_000
                let unit = Int.random(in: 0..<3) == 0 ? rates[0].unit : rate.unit
                let level = Int64.random(in: 0...rate.capacity)
                written.append(["SET", key, "\(level) \(time) \(unit)"])
                model.buckets[key] = .init(level: level, time: time, unit: unit, expiry: .max)
            }
            for command in written { #expect(try server.ask(command) == ["OK"]) }
            let requests = Int64([0, 1, 1, 2, 7].randomElement(using: &generator) ?? 1)
            let answers = try await Self.take(rig, requests, questions)
            #expect(answers == model.take(requests, questions, now: now))
            for question in questions {
                let kept = try server.ask(["GET", question.key])[0]
                guard let bucket = model.buckets[question.key] else {
                    #expect(kept == "nil")
                    continue
                }
                let life = (question.rate.microsecondsToFull(bucket.level) + 999) / 1000 + 1000
                if kept == "nil" {
                    // On a busy machine it may be looked for when its time is over.
                    let isOver = try bucket.expiry != .max && (server.time() - now) / 1000 >= life
                    #expect(isOver)
                    continue
                }
                let numbers = kept.split(separator: " ").compactMap { Int64($0) }
                #expect(numbers.count == 3)
                guard numbers.count == 3, bucket.expiry != .max else { continue }
                #expect(numbers[0] == bucket.level)
                #expect(numbers[1] >= now && numbers[1] < now + 60_000_000)
                #expect(numbers[2] == bucket.unit)
                let left = Int64(try server.ask(["PTTL", question.key])[0]) ?? 0
                #expect(left <= life && left > life - 60_000)
            }
        }
        try await rig.close()
    }

    @Test("refills by its own clock, to the microsecond", arguments: ValkeyServer.programs)
    func refill(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port])
        let rate = try Self.shared(1000, 1, 50)
        var model = SharedBucketModel()
        let question = SharedBucketModel.Question(key: "limit:{a}:u", rate: rate, extra: 1)
        var granted = 0
        for _ in 0..<800 {
            let before = try server.ask(["GET", question.key])[0]
            let answer = try await Self.take(rig, 1, [question])[0]
            let after = try server.ask(["GET", question.key])[0].split(separator: " ").compactMap { Int64($0) }
            try #require(after.count == 3)
            // What was written says when; of a refusal nothing is.
            guard answer.granted > 0 else {
                #expect(try server.ask(["GET", question.key])[0] == before)
                #expect(answer.level < rate.unit)
                continue
            }
            granted += 1
            #expect(model.take(1, [question], now: after[1]) == [answer])
        }
        #expect(granted > 40)
        try await rig.close()
    }

    @Test("takes what is no bucket for none, and says so when it is not even text", arguments: ValkeyServer.programs)
    func foreign(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port])
        let rate = try Self.shared(10, 1, 3)
        for text in ["", "x", "1 2", "1 2 3 4", "-1 2 3", "nan 1 1", " 1 2 3"] {
            try server.ask(["SET", "limit:{a}:u", text])
            let answers = try await Self.take(rig, 1, [.init(key: "limit:{a}:u", rate: rate)])
            #expect(answers == [.init(granted: 1, level: 2 * rate.unit)])
        }
        try server.ask(["DEL", "limit:{a}:u"], ["SADD", "limit:{a}:u", "x"])
        await #expect(throws: (any Error).self) { try await Self.take(rig, 1, [.init(key: "limit:{a}:u", rate: rate)]) }
        try await rig.close()
    }

    @Test("counts the instances that have shown up lately", arguments: ValkeyServer.programs)
    func instances(_ program: String) async throws {
        let server = try await ValkeyServer(program)
        let rig = try ValkeyTestRig(ports: [server.port])
        func beat(_ instance: String, life: String = "15000") async throws -> Ending {
            try await rig.call(LimitScripts.beat, keys: ["limit:instances"], instance, life)
        }
        #expect(try await beat("1") == .reply("1"))
        #expect(try await beat("2") == .reply("2"))
        #expect(try await beat("1") == .reply("2"))
        let time = Int64(try server.ask(["ZSCORE", "limit:instances", "1"])[0].prefix(13)) ?? 0
        try server.ask(
            ["ZADD", "limit:instances", "\(time - 16_000)", "old"], ["ZADD", "limit:instances", "\(time + 60_000)", "ahead"])
        #expect(try await beat("3") == .reply("3"))
        #expect((Int64(try server.ask(["PTTL", "limit:instances"])[0]) ?? 0) > 10_000)
        try await rig.close()
    }
}

/// The integers of a reply that is an array.
private final class NumbersOwner: ValkeyCommandOwner, @unchecked Sendable {
    struct Failure: Error { var error: ValkeyError }

    let promise: EventLoopPromise<[Int64]>

    init(_ promise: EventLoopPromise<[Int64]>) { self.promise = promise }

    override func valkeyReplied(_ reply: RESPValue, tag: Int) { promise.succeed(reply.children.compactMap(\.integer)) }
    override func valkeyFailed(_ error: ValkeyError, tag: Int) { promise.fail(Failure(error: error)) }
}
