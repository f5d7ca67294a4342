import Bytes
import HTTPSemantics
import Testing

@Suite("Field table")
struct FieldTableTests {
    private func line(_ id: FieldName, at offset: Int = 0) -> FieldLine {
        FieldLine(
            name: ByteRange(offset, offset + 1), value: ByteRange(offset + 2, offset + 3), line: ByteRange(offset, offset + 5),
            id: id)
    }

    @Test("answers the first line of a name and knows repetitions")
    func firstAndRepeated() {
        let table = FieldTable()
        #expect(table.append(line(.host, at: 0)))
        #expect(table.append(line(.accept, at: 5)))
        #expect(table.append(line(.host, at: 10)))
        #expect(table.count == 3)
        #expect(table.first(.host)?.line == ByteRange(0, 5))
        #expect(table.firstIndex(.accept) == 1)
        #expect(table.isRepeated(.host))
        #expect(!table.isRepeated(.accept))
        #expect(!table.contains(.via))
        #expect(table.first(.via) == nil)
        #expect(table.nextIndex(.host, after: 0) == 2)
        #expect(table.nextIndex(.host, after: 2) == nil)
        #expect(table.containsAny(of: [.via, .accept]))
        #expect(!table.containsAny(of: [.via, .date]))
    }

    @Test("remembers nothing after removeAll")
    func reuse() {
        let table = FieldTable()
        for _ in 0..<3 { #expect(table.append(line(.host))) }
        table.removeAll()
        #expect(table.count == 0)
        #expect(!table.contains(.host))
        #expect(table.append(line(.accept)))
        #expect(table.append(line(.host)))
        #expect(table.firstIndex(.host) == 1)
        #expect(!table.isRepeated(.host))
    }

    @Test("takes as many lines as its capacity and not one more", arguments: [1, 2, 128])
    func capacity(lines: Int) {
        let table = FieldTable(capacity: lines)
        for _ in 0..<lines { #expect(table.append(line(.other))) }
        #expect(!table.append(line(.host)))
        #expect(table.count == lines)
        #expect(!table.contains(.host))
    }

    @Test("holds at least one and at most 65535 lines", arguments: [(0, 1), (-5, 1), (65535, 65535), (65536, 65535)])
    func clamped(asked: Int, capacity: Int) { #expect(FieldTable(capacity: asked).capacity == capacity) }

    @Test("drops all lines of a name, of a set, or one by index")
    func drop() {
        let table = FieldTable()
        for id in [FieldName.host, .cookie, .via, .cookie, .other, .date] { #expect(table.append(line(id))) }
        table.drop(.cookie)
        table.drop(.server)
        table.drop([.via, .date, .allow])
        #expect((0..<6).map { table[$0].isDropped } == [false, true, true, true, false, true])
        table.drop(at: 4)
        #expect(table[4].isDropped)
    }
}
