import Bytes
import ControlMessages

extension RateLimitWire {
    /// An answer as a client reads it.
    struct Answer: Equatable {
        struct Status: Equatable {
            var code: UInt64 = 0
            var quota: UInt64 = 0
            var unit: UInt64 = 0
            var name = ""
            var remaining: UInt64 = 0
        }

        var code: UInt64 = 0
        var statuses: [Status] = []
        var headers: [String: String] = [:]

        init(_ bytes: [UInt8]) {
            bytes.withByteView { view in
                var reader = FieldReader(view)
                while reader.next() {
                    switch reader.number {
                    case 1: code = reader.value
                    case 2: statuses.append(Self.status(view, reader.content))
                    case 3: add(header: view, reader.content)
                    default: break
                    }
                }
            }
        }

        private static func status(_ view: ByteView, _ range: ByteRange) -> Status {
            var status = Status()
            var reader = FieldReader(view, range)
            while reader.next() {
                switch reader.number {
                case 1: status.code = reader.value
                case 2:
                    var limit = FieldReader(view, reader.content)
                    while limit.next() {
                        switch limit.number {
                        case 1: status.quota = limit.value
                        case 2: status.unit = limit.value
                        case 3: status.name = String(view[limit.content])
                        default: break
                        }
                    }
                case 3: status.remaining = reader.value
                default: break
                }
            }
            return status
        }

        private mutating func add(header view: ByteView, _ range: ByteRange) {
            var name = ""
            var reader = FieldReader(view, range)
            while reader.next() {
                if reader.number == 1 { name = String(view[reader.content]) }
                if reader.number == 2 { headers[name] = String(view[reader.content]) }
            }
        }
    }
}
