import Bytes
import Documents
import Foundation
import JSON
import JSONSchema

/// Reads and checks JSON texts as the gateway does: bytes in, verdict out.
///
/// usage: bench-jsonschema FOLDER          answers each line `NAME COUNT` with the nanoseconds of CPU time that one of COUNT checks
///                                         of FOLDER/NAME.json against FOLDER/NAME.schema.json takes; a COUNT below 0 reads only
///        bench-jsonschema FOLDER NAME COUNT     the same once, for a profiler or a counter of allocations
final class Subject {
    private let text: [UInt8]
    private let program: SchemaProgram
    private let tape = JSONTape()
    private let scratch = SchemaScratch()

    /// Nil when there is no such file, or the schema has a finding.
    init?(_ folder: String, _ name: String) {
        guard let text = try? Data(contentsOf: URL(filePath: "\(folder)/\(name).json")),
            let schema = try? Data(contentsOf: URL(filePath: "\(folder)/\(name).schema.json")),
            let root = try? SourceDocument.parse(text: Array(schema), file: name).get()
        else { return nil }
        let options = SchemaOptions(dialect: .draft2020, assertsFormats: true)
        let (program, findings) = SchemaProgram.compile([root], options: options, library: SchemaLibrary(dialect: .draft2020))
        for finding in findings { print(finding) }
        guard let program else { return nil }
        (self.text, self.program) = (Array(text), program)
    }

    @inline(never)
    private func isJSON() -> Bool { text.withByteView { tape.parse($0) == nil } }

    @inline(never)
    private func isValid() -> Bool {
        text.withByteView { tape.parse($0) == nil && program.validate(tape, scratch: scratch).isEmpty }
    }

    /// Nanoseconds of one of `count` checks, or of `-count` readings; ends the program when the text is not valid.
    func cost(_ count: Int) -> Double {
        let start = processorTime()
        for _ in 0..<abs(count) where !(count < 0 ? isJSON() : isValid()) {
            print("not valid")
            exit(2)
        }
        return Double(processorTime() - start) / Double(abs(count))
    }
}

let arguments = CommandLine.arguments
var subjects: [String: Subject] = [:]

@MainActor func run(_ folder: String, _ name: String, _ count: Int) {
    if subjects[name] == nil { subjects[name] = Subject(folder, name) }
    guard let subject = subjects[name] else {
        print("no subject \(name)")
        exit(2)
    }
    print(subject.cost(count))
    fflush(nil)
}

if arguments.count > 3, let count = Int(arguments[3]) {
    run(arguments[1], arguments[2], count)
} else if arguments.count == 2 {
    while let line = readLine() {
        let words = line.split(separator: " ")
        guard words.count == 2, let count = Int(words[1]) else { continue }
        run(arguments[1], String(words[0]), count)
    }
} else {
    print("usage: bench-jsonschema FOLDER [NAME COUNT]")
    exit(2)
}
