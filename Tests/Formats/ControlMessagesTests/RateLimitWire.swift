import Bytes
import ControlMessages
import Protobuf

/// A request to the rate limit service as a client writes it.
enum RateLimitWire {
    struct Descriptor {
        var entries: [(String, String)]
        var limit: (perUnit: UInt64, unit: UInt64)?
        var hits: UInt64?
        var isNegative = false

        init(_ entries: [(String, String)], limit: (UInt64, UInt64)? = nil, hits: UInt64? = nil, isNegative: Bool = false) {
            self.entries = entries
            self.limit = limit
            self.hits = hits
            self.isNegative = isNegative
        }
    }

    private static func written(_ body: (ByteWriter) -> Void) -> [UInt8] {
        let writer = ByteWriter()
        body(writer)
        return Array(writer.view)
    }

    static func request(_ domain: String, _ descriptors: [Descriptor], hits: UInt64 = 0) -> [UInt8] {
        written { out in
            domain.withByteView { out.append(field: 1, $0) }
            for descriptor in descriptors { encoded(descriptor).withByteView { out.append(field: 2, $0) } }
            out.append(field: 3, nonzero: hits)
        }
    }

    private static func encoded(_ descriptor: Descriptor) -> [UInt8] {
        written { out in
            for (key, value) in descriptor.entries {
                written { entry in
                    key.withByteView { entry.append(field: 1, $0) }
                    value.withByteView { entry.append(field: 2, $0) }
                }.withByteView { out.append(field: 1, $0) }
            }
            if let (perUnit, unit) = descriptor.limit {
                written { limit in
                    limit.append(field: 1, nonzero: perUnit)
                    limit.append(field: 2, nonzero: unit)
                }.withByteView { out.append(field: 2, $0) }
            }
            if let hits = descriptor.hits {
                written { $0.append(field: 1, nonzero: hits) }.withByteView { out.append(field: 3, $0) }
            }
            out.append(field: 4, nonzero: descriptor.isNegative ? 1 : 0)
        }
    }
}
