import Bytes
public import Documents
import Files
import Foundation
import GatewayCore
import JSON
import OpenAPIPatch
import Transcoding

/// A drift report as changes of the documents it is about, for `gateway drift --patch`.
public struct DriftPatch: Sendable {
    /// Why there is no patch: what is wrong with the configuration and its documents.
    public struct Fault: Error {
        public let findings: [Finding]
    }

    private struct Undecided {
        let operation: String
        let difference: ObservedDifference
        let obstacle: PatchObstacle
    }

    private var files: [DocumentPatch.File] = []
    private var undecided: [Undecided] = []
    private var count = 0
    private var dropped = 0

    /// The patch of the documents that the loader's configuration names.
    ///
    /// - Throws: the findings, when these cannot be loaded.
    public static func make(for report: DriftRequest.Answer, loader: PlatformLoader) async throws(Fault) -> DriftPatch {
        let loaded = await loader.load()
        guard let configuration = loaded.configuration, let snapshot = loaded.snapshot else {
            throw Fault(findings: loaded.findings)
        }
        let services = configuration.services + loader.modules.services
        let requestStreams = Set(snapshot.operations.filter(\.isClientStreaming).map(\.name))
        let answerStreams = Set(snapshot.operations.filter { $0.call?.isServerStreaming == true }.map(\.name))
        let (entries, dropped) = DriftEntryReader.read(report.json)
        var patch = DriftPatch()
        patch.dropped = dropped
        patch.count = entries.count
        var byDocument: [String: [(operation: String, difference: ObservedDifference)]] = [:]
        for entry in entries {
            // Names of services may have dots of their own: the longest that fits is meant.
            let service = services.filter { entry.operation.hasPrefix($0.name + ".") }
                .max { $0.name.utf8.count < $1.name.utf8.count }
            let difference = entry.difference(
                ofService: service?.name,
                isStream: (entry.direction == "request" ? requestStreams : answerStreams).contains(entry.operation))
            if let file = service?.openAPI {
                byDocument[file, default: []].append((entry.operation, difference))
            } else {
                patch.undecided.append(Undecided(operation: entry.operation, difference: difference, obstacle: .unknownPlace))
            }
        }
        for (file, entries) in byDocument.sorted(by: { $0.key < $1.key }) { try patch.add(entries, file) }
        return patch
    }

    private mutating func add(_ entries: [(operation: String, difference: ObservedDifference)], _ document: String) throws(Fault)
    {
        // Documents may share files: each is patched as those before it left them.
        let changed = Dictionary(files.map { ($0.name, $0.new) }) { first, _ in first }
        let source = FileSource { path in
            if let text = changed[path] { return .success(text) }
            return FileReader.read(path).map(\.bytes).mapError { FileSource.Fault($0.message) }
        }
        let made: DocumentPatch
        do {
            made = try DocumentPatch.make(for: entries.map(\.difference), file: document, source: source)
        } catch {
            throw Fault(findings: error.findings)
        }
        for file in made.files {
            if let known = files.firstIndex(where: { $0.name == file.name }) {
                files[known] = files[known].followed(by: file)
            } else {
                files.append(file)
            }
        }
        for entry in made.undecided {
            let operation = entries.first { $0.difference == entry.difference }?.operation ?? entry.difference.operation
            undecided.append(Undecided(operation: operation, difference: entry.difference, obstacle: entry.obstacle))
        }
    }
}

/// The two forms it is printed in.
extension DriftPatch {
    /// A unified diff of all files behind comments that say where to apply it and what is left to a person.
    public var text: String {
        let folder = FileManager.default.currentDirectoryPath
        let paths = files.map { DocumentPath.resolve($0.name, from: folder + "/") }
        // A file elsewhere can only be named from the root.
        let isBelow = paths.allSatisfy { $0.hasPrefix(folder + "/") }
        let base = isBelow ? folder : "/"
        var text = "# Drift as a patch of the documents. Read it: a message that differs may be wrong, and not its document.\n"
        if !files.isEmpty { text += "# Apply it with: patch -p1 -d \(Self.oneLine(base))\n" }
        if count == 0 { text += "# No message differed from its document.\n" }
        if dropped > 0 { text += "# \(dropped) messages differed in ways for which the report had no room.\n" }
        if !undecided.isEmpty { text += "# For a person to decide, \(undecided.count) of \(count) differences:\n" }
        for entry in undecided {
            text += Self.oneLine("#   \(entry.operation) \(entry.difference.place) (\(entry.obstacle.words))") + "\n"
        }
        for (file, path) in zip(files, paths) {
            text += file.unifiedDiff(path: String(path.dropFirst(isBelow ? folder.count + 1 : 1)))
        }
        return text
    }

    /// `{"files":[{"file":..., "patch":[{op, path, value}]}], "undecided":[{operation, direction, status?, field, pointer, code, subject?,
    /// reason}], "dropped": n}`, the patches as in RFC 6902.
    public var json: String {
        let out = ByteWriter()
        out.append("{\"files\":")
        out.append(objects: files) { file in
            out.append(member: "file", file.name)
            out.append(",\"patch\":")
            out.append(objects: file.operations) { operation in
                out.append(member: "op", operation.kind.rawValue)
                out.append(member: "path", operation.path)
                if let value = operation.value {
                    out.append(",\"value\":")
                    value.json.withByteView { out.append($0) }
                }
            }
        }
        out.append(",\"undecided\":")
        out.append(objects: undecided) { entry in
            let difference = entry.difference
            out.append(member: "operation", entry.operation)
            out.append(member: "direction", difference.direction.rawValue)
            if difference.status != 0 { out.append(member: "status", difference.status) }
            out.append(member: "field", difference.field)
            out.append(member: "pointer", difference.pointer)
            out.append(member: "code", difference.code)
            if let subject = difference.subject { out.append(member: "subject", subject) }
            out.append(member: "reason", entry.obstacle.rawValue)
        }
        out.append(",\"dropped\":")
        out.append(decimal: dropped)
        out.append("}")
        return String(out.view)
    }

    /// Text in which nothing ends the line or moves the cursor: pointers hold names that clients chose, and a line of a patch is an order.
    private static func oneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}
