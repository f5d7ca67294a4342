import Bytes
import CircuitBreaking
import Testing

@Suite struct CallDeadlineTests {
    @Test(
        "is the smaller of ours and the client's, 5 s when there is neither",
        arguments: [
            (nil, 5_000), (6_000, 5_000), (5_000, 5_000), (4_999, 4_999), (1, 1), (0, 0), (-7, 0), (.max, 5_000), (.min, 0),
        ] as [(Int64?, Int64)])
    func smaller(client: Int64?, milliseconds: Int64) {
        let deadline = CallDeadline(now: 100, client: client)
        #expect(deadline.end == 100 + milliseconds)
        #expect(deadline.remaining(at: 100) == milliseconds)
        #expect(deadline.remaining(at: 99 + milliseconds) == (milliseconds == 0 ? 0 : 1) || milliseconds == 0)
        #expect(deadline.remaining(at: 100 + milliseconds) == 0)
        #expect(deadline.remaining(at: .max) == 0)
    }

    @Test("a clock near its end does not overflow")
    func overflow() {
        #expect(CallDeadline(now: .max - 1, client: nil).remaining(at: .max - 1) == 1)
        #expect(CallDeadline(now: 0, ours: .max, client: .max).remaining(at: 0) == .max)
    }

    @Test(
        "judges the service when it is ours or at least a second",
        arguments: [
            (5_000, nil, true), (200, nil, true), (200, 300, true), (5_000, 999, false), (5_000, 1_000, true), (5_000, 0, false),
            (500, 499, false),
        ]
            as [(Int64, Int64?, Bool)])
    func judges(ours: Int64, client: Int64?, judges: Bool) {
        let deadline = CallDeadline(now: 0, ours: ours, client: client)
        #expect(deadline.judgesService == judges)
        #expect(deadline.classify(.deadline) == (judges ? .deadline : .clientDeadline))
        for other in CallFailureClass.allCases where other != .deadline { #expect(deadline.classify(other) == other) }
    }
}

@Suite struct ClientTimeoutTests {
    @Test(
        "reads grpc-timeout",
        arguments: [
            ("5S", 5_000), ("250m", 250), ("0m", 0), ("0n", 0), ("1n", 1), ("1000000n", 1), ("1000001n", 2), ("1u", 1),
            ("1000u", 1), ("1001u", 2),
            ("2M", 120_000), ("1H", 3_600_000), ("00000001S", 1_000), ("99999999m", 86_400_000), ("99999999H", 86_400_000),
            ("99999999n", 100), ("12345678u", 12_346), ("", nil), ("S", nil), ("5", nil), ("5s", nil), ("5h", nil),
            ("123456789m", nil), ("-1S", nil), ("+1S", nil),
            (" 1S", nil), ("1S ", nil), ("1.5S", nil), ("1 S", nil), ("1SS", nil), ("0x1S", nil), ("１S", nil),
        ] as [(String, Int64?)])
    func grpc(text: String, milliseconds: Int64?) {
        #expect(text.withByteView { ClientTimeout.grpc($0) } == milliseconds)
    }

    @Test("a grpc-timeout of any one byte before a good unit, or after a good number, is read only when it is right")
    func everyByte() {
        for byte in UInt8.min...UInt8.max {
            let isDigit = (48...57).contains(byte)
            #expect((([byte, 83] as [UInt8]).withByteView { ClientTimeout.grpc($0) } != nil) == isDigit)
            #expect((([49, byte] as [UInt8]).withByteView { ClientTimeout.grpc($0) } != nil) == "HMSmun".utf8.contains(byte))
        }
    }

    @Test(
        "reads X-Request-Timeout",
        arguments: [
            ("5", 5_000), ("5s", 5_000), ("250ms", 250), ("0", 0), ("99999999", 86_400_000), ("99999999ms", 86_400_000),
            ("", nil), ("s", nil), ("ms", nil),
            ("m", nil), ("5m", nil), ("5sm", nil), ("5 s", nil), ("-5", nil), ("1.5", nil), ("123456789", nil), ("5S", nil),
            ("5ss", nil),
        ] as [(String, Int64?)])
    func rest(text: String, milliseconds: Int64?) {
        #expect(text.withByteView { ClientTimeout.rest($0) } == milliseconds)
    }
}
