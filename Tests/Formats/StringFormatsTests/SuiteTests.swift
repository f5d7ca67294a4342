import Bytes
import Foundation
import StringFormats
import Testing

/// The published JSON Schema suite's files of formats, when they lie beside the repository.
@Suite("formats of the JSON Schema suite")
struct SuiteTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("../shared/conformance/json-schema/tests/draft2020-12/optional/format")
    private static let isThere = FileManager.default.fileExists(atPath: folder.path)

    private struct Group: Decodable {
        struct Schema: Decodable { let format: String }
        struct Case: Decodable {
            let description: String
            /// Nil for what is no string, which every format allows.
            let text: String?
            let valid: Bool

            enum CodingKeys: String, CodingKey { case description, data, valid }

            init(from decoder: any Decoder) throws {
                let values = try decoder.container(keyedBy: CodingKeys.self)
                description = try values.decode(String.self, forKey: .description)
                text = try? values.decode(String.self, forKey: .data)
                valid = try values.decode(Bool.self, forKey: .valid)
            }
        }
        let schema: Schema
        let tests: [Case]
    }

    @Test("every text is judged as the suite says", .enabled(if: isThere, "no suite ../shared/conformance/json-schema"))
    func suite() throws {
        var lines: [String] = []
        var sum = (passed: 0, total: 0)
        let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
        for file in files.sorted(by: { $0.path < $1.path }) where file.pathExtension == "json" {
            let name = file.deletingPathExtension().lastPathComponent
            var passed = 0
            var total = 0
            for group in try JSONDecoder().decode([Group].self, from: Data(contentsOf: file)) {
                let format = StringFormat(group.schema.format)
                #expect(format != nil || group.schema.format == "unknown", "\(group.schema.format)")
                for test in group.tests {
                    let isValid =
                        test.text.flatMap { text in format.map { kind in text.withByteView { kind.matches($0) } } } ?? true
                    total += 1
                    passed += isValid == test.valid ? 1 : 0
                    #expect(isValid == test.valid, "\(name): \(test.description): \(test.text?.debugDescription ?? "")")
                }
            }
            lines.append("\(name) \(passed)/\(total)")
            sum = (sum.passed + passed, sum.total + total)
        }
        print("formats: \(sum.passed)/\(sum.total): \(lines.joined(separator: ", "))")
        #expect(sum.total > 500)
    }
}
