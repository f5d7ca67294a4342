import Bytes
import RESP
import Testing

@Suite struct RESPValueTests {
    private func read<Result>(_ text: String, _ body: (RESPValue) throws -> Result) throws -> Result {
        let bytes = Array(text.utf8)
        let parser = RESPParser()
        return try bytes.withUnsafeBytes { raw in
            let view = ByteView(raw)
            try #require(parser.parse(view) == .complete(length: bytes.count))
            return try body(try #require(parser.value(in: view)))
        }
    }

    @Test("there is no value before a reply is whole, nor in fewer bytes than it has")
    func none() {
        let parser = RESPParser()
        #expect(parser.value(in: ByteView("+O")) == nil)
        #expect(parser.parse(ByteView("+O")) == .incomplete)
        #expect(parser.value(in: ByteView("+O")) == nil)
        #expect(parser.parse(ByteView("+OK\r\n")) == .complete(length: 5))
        #expect(parser.value(in: ByteView("+O")) == nil)
        #expect(parser.value(in: ByteView("+OK\r\n")) != nil)
    }

    @Test("numbers are read from integers and from strings of them")
    func integers() throws {
        #expect(try read(":-5\r\n") { $0.integer } == -5)
        #expect(try read("$2\r\n42\r\n") { $0.integer } == 42)
        #expect(try read("+42\r\n") { $0.integer } == 42)
        #expect(try read("$2\r\n4x\r\n") { $0.integer } == nil)
        #expect(try read("_\r\n") { $0.integer } == nil)
        #expect(try read(",1.5\r\n") { $0.integer } == nil)
    }

    @Test("scalars say what they are")
    func scalars() throws {
        #expect(try read(",-1.5e3\r\n") { $0.double } == -1500)
        #expect(try read(",inf\r\n") { $0.double } == .infinity)
        #expect(try read("#t\r\n") { $0.boolean } == true)
        #expect(try read("#f\r\n") { $0.boolean } == false)
        #expect(try read(":1\r\n") { $0.boolean } == nil)
        #expect(try read("_\r\n") { $0.isNull && $0.content == nil } == true)
        #expect(try read("-ERR x\r\n") { $0.isError && $0.string == nil } == true)
        #expect(try read("!3\r\nERR\r\n") { $0.isError } == true)
        #expect(try read("=6\r\nmkd:ab\r\n") { $0.verbatimFormat.map { String($0) } } == "mkd")
        #expect(try read("=6\r\nmkd:ab\r\n") { $0.string.map { String($0) } } == "ab")
        #expect(try read("+ab\r\n") { $0.verbatimFormat == nil } == true)
    }

    @Test("children are found by place, past those with children of their own")
    func children() throws {
        try read("*3\r\n*2\r\n:1\r\n*1\r\n:2\r\n%1\r\n+a\r\n~0\r\n:3\r\n") { value in
            #expect(value.count == 3)
            #expect(value[0]?[1]?[0]?.integer == 2)
            #expect(value[1]?.count == 2)
            #expect(value[2]?.integer == 3)
            #expect(value[3] == nil && value[-1] == nil)
            #expect(value[2]?[0] == nil)
            #expect(value.children.map { $0.count } == [2, 2, 0])
        }
    }

    @Test("a map's values are found by name")
    func keys() throws {
        try read("%3\r\n*1\r\n+b\r\n:0\r\n$1\r\na\r\n*1\r\n:7\r\n+b\r\n:2\r\n") { value in
            #expect(value["a"]?[0]?.integer == 7)
            #expect(value["b"]?.integer == 2)
            #expect(value["c"] == nil)
            #expect(value[0]?["a"] == nil)
        }
    }
}
