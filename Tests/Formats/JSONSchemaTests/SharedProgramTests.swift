import Bytes
import JSON
import JSONSchema
import Testing

@Suite struct SharedProgramTests {
    @Test("serves many threads at once")
    func threads() async throws {
        let schema = "{properties: {a: {enum: [\"x\\n\", {b: 1}]}, n: {multipleOf: 0.1}}, required: [a]}"
        let program = try #require(try compile(schema).program)
        let values: [(String, Bool)] = [
            (#"{"a":"x\n","n":0.3}"#, true), (#"{"a":{"b":1.0}}"#, true), (#"{"a":"x","n":0.35}"#, false), ("{}", false),
        ]
        let wrong = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let tape = JSONTape()
                    let scratch = SchemaScratch()
                    return (0..<400).count { round in
                        let (text, isValid) = values[round % values.count]
                        return Array(text.utf8).withByteView { bytes in
                            tape.parse(bytes) != nil || program.validate(tape, scratch: scratch).isEmpty != isValid
                        }
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test("answers an error for a tape that holds nothing")
    func emptyTape() throws {
        let program = try #require(try compile("true").program)
        #expect(program.validate(JSONTape(), scratch: SchemaScratch()).count == 1)
        #expect(!program.isValid(JSONTape(), scratch: SchemaScratch()))
    }
}
