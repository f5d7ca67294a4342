import Bytes
import RESP

/// A reply written out, for comparing.
indirect enum Reply: Equatable, Sendable {
    case text(RESPKind, String)
    case list(RESPKind, [Reply])

    init(_ value: RESPValue) {
        if value.kind.isAggregate {
            self = .list(value.kind, value.children.map(Reply.init))
        } else {
            self = .text(value.kind, value.content.map { String($0) } ?? "")
        }
    }
}

/// How a parser ended with bytes that came in pieces: the reply and its length, or why not.
enum Ending: Equatable, Sendable {
    case reply(Reply, length: Int)
    case incomplete
    case fault(RESPFault)
}

extension RESPParser {
    /// Gives the parser ever longer beginnings of `bytes`, ending at `cuts` and then at the end; each in memory of its own.
    func ending(_ bytes: [UInt8], cuts: [Int] = []) -> Ending {
        var last = Ending.incomplete
        for end in cuts + [bytes.count] {
            last = Array(bytes[..<end]).withByteView { view in
                switch parse(view) {
                case .incomplete: .incomplete
                case .complete(let length): value(in: view).map { .reply(Reply($0), length: length) } ?? .incomplete
                case .fault(let fault): .fault(fault)
                }
            }
            if last != .incomplete { return last }
        }
        return last
    }
}

func ending(_ text: String, limits: RESPLimits = RESPLimits()) -> Ending { RESPParser(limits: limits).ending(Array(text.utf8)) }

func fault(_ text: String, limits: RESPLimits = RESPLimits()) -> RESPFault? {
    if case .fault(let fault) = ending(text, limits: limits) { fault } else { nil }
}

/// One reply of each type and shape.
let samples: [(String, Reply)] = [
    ("+OK\r\n", .text(.simpleString, "OK")),
    ("+\r\n", .text(.simpleString, "")),
    ("-ERR no such thing\r\n", .text(.simpleError, "ERR no such thing")),
    (":0\r\n", .text(.integer, "0")),
    (":-9223372036854775808\r\n", .text(.integer, "-9223372036854775808")),
    ("$0\r\n\r\n", .text(.bulkString, "")),
    ("$5\r\na\r\nbc\r\n", .text(.bulkString, "a\r\nbc")),
    ("$-1\r\n", .text(.null, "")),
    ("*-1\r\n", .text(.null, "")),
    ("!8\r\nERR a\r\nb\r\n", .text(.bulkError, "ERR a\r\nb")),
    ("=8\r\ntxt:a\r\nb\r\n", .text(.verbatimString, "a\r\nb")),
    ("=4\r\nmkd:\r\n", .text(.verbatimString, "")),
    ("_\r\n", .text(.null, "")),
    ("#t\r\n", .text(.boolean, "t")),
    (",3.141\r\n", .text(.double, "3.141")),
    (",-inf\r\n", .text(.double, "-inf")),
    ("(-3492890328409238509324850943850943825024385\r\n", .text(.bigNumber, "-3492890328409238509324850943850943825024385")),
    ("*0\r\n", .list(.array, [])),
    ("%0\r\n", .list(.map, [])),
    (
        "*3\r\n:1\r\n*2\r\n+a\r\n*0\r\n_\r\n",
        .list(.array, [.text(.integer, "1"), .list(.array, [.text(.simpleString, "a"), .list(.array, [])]), .text(.null, "")])
    ),
    (
        "%2\r\n+a\r\n:1\r\n$1\r\nb\r\n~1\r\n#f\r\n",
        .list(
            .map,
            [.text(.simpleString, "a"), .text(.integer, "1"), .text(.bulkString, "b"), .list(.set, [.text(.boolean, "f")])])
    ),
    (
        ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n",
        .list(.push, [.text(.bulkString, "invalidate"), .list(.array, [.text(.bulkString, "k")])])
    ),
    ("|1\r\n+ttl\r\n:3600\r\n:7\r\n", .text(.integer, "7")),
    ("|0\r\n:7\r\n", .text(.integer, "7")),
    (
        "*2\r\n|1\r\n+a\r\n*2\r\n:1\r\n:2\r\n:3\r\n|1\r\n+b\r\n+c\r\n:4\r\n",
        .list(.array, [.text(.integer, "3"), .text(.integer, "4")])
    ),
]
