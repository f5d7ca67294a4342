import Bytes
import Crypto
import Foundation
import GatewayCore
import JSON

/// A package as one value: `{"files":{"module.yaml":"text","data.pb":{"base64":"..."}}}`.
enum ModuleArchive {
    /// Why a value is no package; a sentence for the operator.
    struct Fault: Error, Equatable {
        let message: String
    }

    /// Bytes of the value: what one reply of the server may hold.
    static let maximumBytes = 8 << 20
    /// Bytes of a path inside the package.
    private static let pathBytes = 200

    /// The files by path.
    static func decode(_ value: [UInt8]) throws(Fault) -> [String: [UInt8]] {
        guard value.count <= maximumBytes else { throw Fault(message: "the package has more than \(maximumBytes) bytes") }
        // A tape refers to the bytes while it is read.
        let result: Result<[String: [UInt8]], Fault> = value.withByteView { view in
            do throws(Fault) { return .success(try files(view)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func files(_ view: ByteView) throws(Fault) -> [String: [UInt8]] {
        let tape = JSONTape()
        var limits = JSONLimits()
        limits.bytes = maximumBytes
        if tape.parse(view, limits: limits) != nil { throw Fault(message: "the package is no JSON") }
        guard tape.kind(0) == .object, let all = tape.member(of: 0, named: "files"), tape.kind(all) == .object else {
            throw Fault(message: "the package is no object with \"files\"")
        }
        guard tape.childCount(all) <= 2 * ModuleLimits.files else {
            throw Fault(message: "the package has more than \(ModuleLimits.files) files")
        }
        var files: [String: [UInt8]] = [:]
        var bytes = 0
        var name = all + 1
        while name < tape.end(all) {
            let path = tape.string(name)
            guard isInside(path) else { throw Fault(message: "a path of the package leaves it, or is none") }
            let content = try content(name + 1, tape)
            bytes += content.count
            guard bytes <= ModuleLimits.packageBytes else {
                throw Fault(message: "the package has more than \(ModuleLimits.packageBytes) bytes")
            }
            files[path] = content
            name = tape.end(name + 1)
        }
        guard files.count <= ModuleLimits.files else {
            throw Fault(message: "the package has more than \(ModuleLimits.files) files")
        }
        return files
    }

    private static func content(_ index: Int, _ tape: JSONTape) throws(Fault) -> [UInt8] {
        if tape.kind(index) == .string { return Array(tape.string(index).utf8) }
        guard tape.kind(index) == .object, let text = tape.member(of: index, named: "base64"), tape.kind(text) == .string,
            let data = Data(base64Encoded: tape.string(text))
        else { throw Fault(message: "a file of the package is neither text nor base64") }
        return Array(data)
    }

    private static func isInside(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return path.utf8.count <= pathBytes && !parts.isEmpty && parts.count <= ModuleLimits.depth
            && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") }
    }

    static func encode(_ files: [String: [UInt8]]) -> [UInt8] {
        let out = ByteWriter()
        out.append("{\"files\":{")
        for (index, file) in files.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { out.append(",") }
            out.append(jsonString: file.key)
            out.append(":")
            if let text = String(validating: file.value, as: UTF8.self) {
                out.append(jsonString: text)
            } else {
                out.append("{\"base64\":")
                out.append(jsonString: Data(file.value).base64EncodedString())
                out.append("}")
            }
        }
        out.append("}}")
        return Array(out.view)
    }

    /// `sha256:` and the hexadecimal digest of the value as it is stored.
    static func digest(_ value: [UInt8]) -> String {
        "sha256:" + String(hexadecimal: SHA256.hash(data: value))
    }
}
