import Bytes
import Foundation
import Patterns
import Testing

/// The published JSON Schema suite's files about patterns, when they lie beside the repository.
@Suite("patterns of the JSON Schema suite")
struct SuiteTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("../shared/conformance/json-schema/tests/draft2020-12")
    private static let isThere = FileManager.default.fileExists(atPath: folder.path)

    @Test(
        "every text is matched as the suite says", .enabled(if: isThere, "no suite ../shared/conformance/json-schema"),
        arguments: [
            "pattern.json", "patternProperties.json", "optional/ecmascript-regex.json", "optional/non-bmp-regex.json",
        ])
    func suite(file: String) throws {
        let data = try Data(contentsOf: Self.folder.appendingPathComponent(file))
        let groups = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        var passed = 0
        var total = 0
        for group in groups {
            guard let schema = group["schema"] as? [String: Any], let tests = group["tests"] as? [[String: Any]] else { continue }
            for test in tests {
                guard let wanted = test["valid"] as? Bool, let found = try judge(schema, test["data"]) else { continue }
                total += 1
                passed += found == wanted ? 1 : 0
                #expect(found == wanted, "\(file): \(group["description"] ?? ""): \(test["description"] ?? "")")
            }
        }
        print("patterns: \(file) \(passed)/\(total)")
        #expect(total > 0)
    }

    /// What `pattern` says of a text, or `patternProperties` of the names of an object when it is a matter of names alone.
    private func judge(_ schema: [String: Any], _ value: Any?) throws -> Bool? {
        if let pattern = schema["pattern"] as? String {
            guard let text = value as? String else { return true }
            return try matches(pattern, text)
        }
        guard let rules = schema["patternProperties"] as? [String: Any], let members = value as? [String: Any] else { return nil }
        if (schema["additionalProperties"] as? Bool) == false {
            return try members.keys.allSatisfy { name in try rules.keys.contains { try matches($0, name) } }
        }
        guard rules.values.allSatisfy({ $0 is Bool }) else { return nil }
        return try members.keys.allSatisfy { name in
            try rules.allSatisfy { try $0.value as? Bool != false || !matches($0.key, name) }
        }
    }
}
