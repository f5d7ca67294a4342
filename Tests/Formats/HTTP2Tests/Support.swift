import Bytes
import Foundation

@testable import HTTP2

/// The bytes of a hexadecimal text; blanks are skipped.
func hex(_ text: some StringProtocol) -> [UInt8] {
    let digits = text.utf8.compactMap(ASCII.hexValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// The lines of a file of `Vectors`.
func vectorLines(_ name: String) throws -> [String] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Vectors")
    return try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        .split(separator: "\n").map(String.init)
}

struct Field: Equatable {
    var name: [UInt8]
    var value: [UInt8]
    var isSensitive = false

    init(_ name: [UInt8], _ value: [UInt8], _ isSensitive: Bool = false) {
        self.name = name
        self.value = value
        self.isSensitive = isSensitive
    }

    init(_ name: String, _ value: String, _ isSensitive: Bool = false) {
        self.init(Array(name.utf8), Array(value.utf8), isSensitive)
    }
}

extension HeaderList {
    var all: [Field] { (0..<count).map { Field([UInt8](name($0)), [UInt8](value($0)), isSensitive($0)) } }

    convenience init(_ fields: [(String, String)]) {
        self.init()
        for (name, value) in fields {
            name.withByteView { name in value.withByteView { append(name: name, value: $0) } }
        }
    }
}

/// A raw frame.
func frame(_ type: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
    let writer = ByteWriter()
    writer.appendFrame(length: payload.count, type: type, flags: flags, stream: stream)
    return [UInt8](writer.view) + payload
}

func bigEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) } }

/// A block of literals without indexing.
func literals(_ fields: [(String, String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, value) in fields {
        bytes += [0, UInt8(name.utf8.count)]
        bytes += name.utf8
        bytes.append(UInt8(value.utf8.count))
        bytes += value.utf8
    }
    return bytes
}

let requestFields = [(":method", "POST"), (":scheme", "http"), (":path", "/a.B/C"), (":authority", "x"), ("te", "trailers")]

extension HTTP2Session {
    /// Takes what is to be sent.
    func drain() -> [UInt8] {
        let bytes = [UInt8](output.view)
        output.removeAll()
        return bytes
    }

    /// Gives bytes in and describes every event.
    func feed(_ bytes: [UInt8]) -> [String] {
        bytes.withByteView { receive($0) }
        var events: [String] = []
        while let event = nextEvent() { events.append(describe(event)) }
        return events
    }

    func describe(_ event: HTTP2Event) -> String {
        switch event {
        case .headers(let stream, let owner, let kind, let end):
            let list = fields.all.map { field in
                let value = String(decoding: field.value, as: UTF8.self)
                return "\(String(decoding: field.name, as: UTF8.self)): \(value.count > 80 ? "\(value.count) bytes" : value)"
            }
            return "headers \(stream) owner \(owner) \(kind)\(end ? " end" : "") [\(list.joined(separator: ", "))]"
        case .data(let stream, let owner, let bytes, let end):
            consumed(stream, bytes.count)
            let text = bytes.count > 80 ? "\(bytes.count) bytes" : String(bytes)
            return "data \(stream) owner \(owner)\(end ? " end" : "") \(text)"
        case .streamReset(let stream, let owner, let code, let byPeer):
            return "reset \(stream) owner \(owner) \(code.rawValue)\(byPeer ? " by peer" : "")"
        case .goAway(let last, let code): return "goaway \(last) \(code.rawValue)"
        case .settingsReceived: return "settings"
        case .windowAvailable(let stream, let owner): return "window \(stream) owner \(owner)"
        case .pingAcknowledged(let opaque): return "pong \(opaque)"
        case .connectionFault(let code, let reason): return "fault \(code.rawValue) \(reason)"
        }
    }

    /// A client whose handshake is done, with an empty output.
    static func client(limits: HTTP2Limits = HTTP2Limits(), settings: [UInt8] = []) -> HTTP2Session {
        let session = HTTP2Session(role: .client, limits: limits)
        _ = session.feed(frame(FrameType.settings, 0, 0, settings) + frame(FrameType.settings, 1))
        _ = session.drain()
        return session
    }

    /// A server whose handshake is done, with an empty output.
    static func server(limits: HTTP2Limits = HTTP2Limits()) -> HTTP2Session {
        let session = HTTP2Session(role: .server, limits: limits)
        _ = session.feed([UInt8](ByteView(Wire.clientPreface)) + frame(FrameType.settings) + frame(FrameType.settings, 1))
        _ = session.drain()
        return session
    }

    /// Opens a stream and sends a request on it.
    func request(owner: Int = 0, end: Bool = true) -> UInt32 {
        guard let stream = openStream(owner: owner) else { return 0 }
        _ = sendHeaders(stream, list: HeaderList(requestFields), endStream: end)
        return stream
    }
}
