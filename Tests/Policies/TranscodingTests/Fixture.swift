import Bytes
import Foundation
import JSON
import Protobuf

@testable import Transcoding

/// The descriptor sets and cases in `Fixtures/`.
enum Fixture {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

    static func descriptors(_ set: String = "everything.binpb") throws -> DescriptorPool {
        let (pool, findings) = DescriptorPool.load(try bytes(set))
        guard let pool else { throw Failure.refused(findings) }
        return pool
    }

    static func codecs(_ options: TranscodingOptions = TranscodingOptions()) throws -> CodecPool {
        CodecPool(try descriptors(), options: options)
    }

    /// The types of the conformance suite: proto3, proto2 and editions.
    static func dialects(_ options: TranscodingOptions = TranscodingOptions()) throws -> CodecPool {
        let (pool, findings) = DescriptorPool.load(try bytes("../../../Conformance/protojson/everything.binpb"))
        guard let pool else { throw Failure.refused(findings) }
        return CodecPool(pool, options: options)
    }

    enum Failure: Error {
        case refused([DescriptorFinding])
        case malformed(String)
    }
}

/// One codec with its own tape and scratch.
struct Translator {
    let codec: MessageCodec
    let tape = JSONTape(seed: 1)
    let scratch = TranscodingScratch(seed: 2)
    let out = ByteWriter()

    init(_ type: String, _ pool: CodecPool) throws {
        guard let codec = pool.codec(named: type) else { throw Fixture.Failure.malformed(type) }
        self.codec = codec
    }

    func encode(_ json: String, limits: JSONLimits = .default) -> Result<[UInt8], TranscodingFault> {
        json.withByteView { view in
            guard tape.parse(view, limits: limits) == nil else {
                return .failure(TranscodingFault(.duplicateField, in: .body, field: "unparsable"))
            }
            out.removeAll()
            if let fault = codec.encode(tape, into: out, scratch: scratch) { return .failure(fault) }
            return .success(Array(out.view))
        }
    }

    func decode(_ wire: [UInt8]) -> Result<String, TranscodingFault> {
        wire.withByteView { view in
            out.removeAll()
            if let fault = codec.decode(view, into: out, scratch: scratch) { return .failure(fault) }
            return .success(String(out.view))
        }
    }
}

extension String {
    /// Bytes from hexadecimal digits, blanks between them allowed.
    var unhexed: [UInt8] {
        let digits = utf8.compactMap { ASCII.hexValue($0) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

extension Array where Element == UInt8 {
    var hexed: String { map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined() }
}

extension Result where Failure == TranscodingFault {
    var fault: TranscodingFault? { if case .failure(let fault) = self { fault } else { nil } }
    var value: Success? { if case .success(let value) = self { value } else { nil } }
}

/// Parsed JSON, comparable whatever the order of members and the spelling of numbers.
func tree(_ json: String) throws -> NSObject {
    guard let object = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed) as? NSObject else {
        throw Fixture.Failure.malformed(json)
    }
    return object
}
