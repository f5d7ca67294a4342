import Bytes
import RESP
import Testing

@testable import Valkey

@Suite struct ValkeyPartsTests {
    @Test("CRC16 of the specification's example")
    func crc() {
        #expect(ValkeyHashSlot.crc16(ByteView("123456789")) == 0x31c3)
        #expect(ValkeyHashSlot.crc16(ByteView("")) == 0)
    }

    @Test(
        "what counts of a key is its tag, if it has one that is not empty",
        arguments: [
            ("{user1000}.following", "user1000"), ("a{b}c{d}", "b"), ("foo{{bar}}zap", "{bar"), ("}x{y}", "y"),
            ("foo{}{bar}", nil), ("foo{bar", nil), ("foo}bar{", nil), ("{}", nil), ("", nil),
        ] as [(String, String?)])
    func tags(_ key: String, _ counted: String?) {
        let slot = key.withByteView { ValkeyHashSlot.of($0) }
        #expect(slot == (counted ?? key).withByteView { ValkeyHashSlot.crc16($0) } % 16384)
    }

    @Test("a script knows the name the server gives it")
    func script() {
        #expect(ValkeyScript("return 1").sha == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
    }

    @Test("a command counts its parts and remembers the slot of its first key")
    func command() {
        let command = ValkeyCommand()
        #expect(command.parts == 0 && command.slot == nil)
        command.begin("MGET")
        #expect(command.slot == nil)
        command.key(ByteView("{a}1"))
        command.key(ByteView("b"))
        #expect(command.parts == 3)
        #expect(command.slot == ValkeyHashSlot.of(ByteView("a")))
        command.begin(ValkeyScript("return 1"), keys: 1)
        command.key(ByteView("k"))
        command.append(decimal: -3)
        #expect(command.parts == 5 && command.slot == ValkeyHashSlot.of(ByteView("k")))
        #expect(
            String(command.body.view)
                == "$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n$1\r\n1\r\n$1\r\nk\r\n$2\r\n-3\r\n")
        command.begin("PING")
        #expect(command.parts == 1 && command.slot == nil && command.script == nil)
    }

    @Test("a queue keeps its order around its end, and takes no more than it has room for")
    func queue() {
        var queue = ValkeySlotQueue(capacity: 3)
        var next = 0
        var expected = 0
        for _ in 0..<5 {
            for _ in 0..<2 {
                queue.append(ValkeySlot(call: next, generation: 0, bytes: 0))
                next += 1
            }
            for _ in 0..<2 {
                #expect(queue.popFirst()?.call == Int32(expected))
                expected += 1
            }
        }
        #expect(queue.popFirst() == nil)
        for call in 0..<4 { queue.append(ValkeySlot(call: call, generation: 0, bytes: 0)) }
        #expect(queue.isFull && queue.count == 3)
        #expect(queue.popFirst()?.call == 0)
    }

    @Test("delays are drawn from nothing to the doubled base, and never beyond the longest")
    func delays() {
        var backoff = ValkeyBackoff(seed: 7)
        for (failures, bound) in [(0, 100), (1, 200), (3, 800), (10, 5000), (1000, 5000)] as [(Int, Int64)] {
            let drawn = (0..<2000).map { _ in backoff.delay(base: 100, failures: failures, longest: 5000) }
            #expect(drawn.allSatisfy { 0...bound ~= $0 })
            #expect(drawn.contains { $0 < bound / 10 } && drawn.contains { $0 > bound - bound / 10 })
        }
        #expect((0..<2000).allSatisfy { _ in 80...120 ~= backoff.around(100) })
        #expect(backoff.around(0) == 0)
    }

    @Test(
        "an error is its first word and the rest",
        arguments: [
            ("NOSCRIPT No matching script.", ValkeyErrorCode.noScript, "No matching script."), ("ERR", .err, ""),
            ("", .other, ""), ("NOSUCHWORD what", .other, "NOSUCHWORD what"), ("moved 1 a:1", .other, "moved 1 a:1"),
        ])
    func errors(_ text: String, _ code: ValkeyErrorCode, _ message: String) {
        #expect(text.withByteView { ValkeyServerError($0).error } == .server(code: code, message: message))
    }

    @Test("every code has the word it is read from")
    func words() {
        for code in ValkeyErrorCode.allCases { #expect(ValkeyErrorCode(ByteView(code.word)) == code) }
    }
}
