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
        /// Nil for what belongs to none.
        let module: String?
    }

    private let rows: [Row]

    public init(_ snapshot: Snapshot) {
        rows = snapshot.operations.map { operation in
            let kind =
                switch operation.kind {
                case .http: "http"
                case .grpc: "grpc \(operation.callPath ?? "")"
                case .operational, .documents, .problemPages, .batch, .preflight: "gateway"
                }
            let access = operation.access
            return Row(
                method: operation.method, path: operation.template, operation: operation.name, kind: kind, access: access,
                module: operation.moduleText)
        }
    }

    /// Columns aligned for people.
    public var table: String {
        TextTable.render(rows.map { [$0.method, $0.path, $0.access, $0.operation, $0.module ?? "-", $0.kind] })
    }

    /// `{"routes":[{method, path, operation, kind, access, module}]}`; the last one only where there is one.
    public var json: String {
        let out = ByteWriter()
        out.append("{\"routes\":")
        out.append(objects: rows) { row in
            out.append(member: "method", row.method)
            out.append(member: "path", row.path)
            out.append(member: "operation", row.operation)
            out.append(member: "kind", row.kind)
            out.append(member: "access", row.access)
            if let module = row.module { out.append(member: "module", module) }
        }
        out.append("}")
        return String(out.view)
    }
}
