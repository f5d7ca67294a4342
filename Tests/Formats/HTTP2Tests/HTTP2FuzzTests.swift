import Bytes
import Testing

@testable import HTTP2

/// Damaged transcripts by a fixed generator; run under address sanitizer they also watch the memory.
@Suite struct HTTP2FuzzTests {
    struct Generator {
        var state: UInt64

        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, bound)
        }
    }

    /// Flips, cuts, repeats and inserts bytes.
    static func damage(_ bytes: [UInt8], _ generator: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0...generator.next(6) where !bytes.isEmpty {
            let at = generator.next(bytes.count)
            switch generator.next(4) {
            case 0: bytes[at] ^= UInt8(1 << generator.next(8))
            case 1: bytes.removeSubrange(at..<min(bytes.count, at + 1 + generator.next(20)))
            case 2:
                bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + generator.next(40))], at: generator.next(bytes.count))
            default: bytes.insert(UInt8(generator.next(256)), at: at)
            }
        }
        return bytes
    }

    @Test("a damaged transcript ends in events or in one fault, whoever hears it", arguments: 0..<8)
    func sessions(seed: Int) throws {
        var generator = Generator(state: UInt64(seed) + 1)
        let client = try HTTP2SessionTests.transcript("client")
        let server = try HTTP2SessionTests.transcript("server")
        for round in 0..<200 {
            let isClient = round % 2 == 0
            let session = HTTP2Session(role: isClient ? .client : .server)
            if isClient { for owner in 0..<4 { _ = session.request(owner: owner, end: owner % 2 == 0) } }
            // Mostly the small frames at the head; the large ones only now and then.
            let whole = isClient ? server : client
            let bytes = Self.damage(Array(whole.prefix(round % 10 == 0 ? whole.count : 700)), &generator)
            var at = 0
            var faults = 0
            while at < bytes.count {
                let end = min(bytes.count, at + 1 + generator.next(3000))
                faults += session.feed(Array(bytes[at..<end])).count { $0.hasPrefix("fault") }
                at = end
            }
            #expect(faults == (session.isOver ? 1 : 0))
            #expect(session.inbound.count <= FrameHeader.byteCount + Wire.smallestFrameLimit)
        }
    }

    @Test("random header blocks decode or not, within the limit", arguments: 0..<8)
    func blocks(seed: Int) {
        var generator = Generator(state: UInt64(seed) + 77)
        let list = HeaderList()
        var decoder = HPACKDecoder(tableSize: 4096)
        for _ in 0..<2000 {
            let block = (0..<generator.next(60)).map { _ in UInt8(generator.next(256)) }
            if !block.withByteView({ decoder.decode($0, into: list, maximumListSize: 1000) }) {
                decoder = HPACKDecoder(tableSize: 4096)
            }
            #expect(list.countedSize <= 1000 || !list.isTruncated)
        }
    }
}
