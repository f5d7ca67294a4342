import Bytes
public import GatewayCore
import JSON
import Routing

/// The compiled routes in text and JSON.
public struct RouteListing {
    private struct Row {
        let method: String
        let path: String
        let operation: String
        let kind: String
        let access: String
    }

    private let rows: [Row]

    public init(_ snapshot: Snapshot) {
        rows = snapshot.operations.map { operation in
            let kind =
                switch operation.kind {
                case .http: "http"
                case .grpc: "grpc \(operation.callPath ?? "")"
                case .operational, .batch: "gateway"
                }
            let access = operation.access
            return Row(
                method: operation.method, path: operation.template, operation: operation.name, kind: kind, access: access)
        }
    }

    /// Columns aligned for people.
    public var table: String {
        let cells = rows.map { [$0.method, $0.path, $0.access, $0.operation, $0.kind] }
        let widths = (0..<5).map { column in cells.map { $0[column].count }.max() ?? 0 }
        var lines: [String] = []
        for row in cells {
            let padded = zip(row, widths).map { text, width in text + String(repeating: " ", count: width - text.count) }
            lines.append(padded.joined(separator: "  "))
        }
        return lines.joined(separator: "\n")
    }

    /// `{"routes":[{method, path, operation, kind, access}]}`.
    public var json: String {
        let out = ByteWriter()
        out.append("{\"routes\":[")
        for (index, row) in rows.enumerated() {
            if index > 0 { out.append(",") }
            out.append("{\"method\":")
            out.append(jsonString: row.method)
            out.append(",\"path\":")
            out.append(jsonString: row.path)
            out.append(",\"operation\":")
            out.append(jsonString: row.operation)
            out.append(",\"kind\":")
            out.append(jsonString: row.kind)
            out.append(",\"access\":")
            out.append(jsonString: row.access)
            out.append("}")
        }
        out.append("]}")
        return String(out.view)
    }
}
