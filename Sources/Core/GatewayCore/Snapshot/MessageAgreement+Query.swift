import Documents
import OpenAPI
import Protobuf
import Transcoding

/// Parameters of the query.
extension MessageAgreement {
    mutating func compare(_ parameter: OpenAPIParameter, of call: CallProgram) {
        var message = call.requestMessage
        var way: [UInt32] = []
        let names = parameter.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for (position, name) in names.enumerated() {
            let type = codecs.descriptors.messages[message]
            guard let field = type.field(named: name) else {
                guard !codecs.options.ignoresUnknownParameters else { return }
                let suggestion = Suggestion.clause(for: name, among: type.fields.map(\.jsonName))
                return warn(
                    "message-lacks-field", at: parameter.node,
                    "\(type.fullName) has no field \"\(name)\", and a request with the parameter is refused"
                        + (suggestion.isEmpty ? "; remove it or add it to the message" : suggestion))
            }
            way.append(field.number)
            let isBody = if case .field(let body) = call.bodyPart { body.number == way[0] } else { false }
            if isBody
                || call.boundFields.contains(where: {
                    way.starts(with: $0) || position == names.count - 1 && $0.starts(with: way)
                })
            {
                return warn(
                    "unread-parameter", at: parameter.node,
                    "\(field.name) is filled by the \(isBody ? "body" : "path") already; remove the parameter")
            }
            if position == names.count - 1 { return compareText(parameter, field) }
            guard let next = field.message, field.cardinality == .singular, codecs.form(of: next) == .plain else {
                return warn(
                    "message-lacks-field", at: parameter.node,
                    "\(field.name) has no fields that a parameter could fill; remove it")
            }
            message = next
        }
    }

    private mutating func compareText(_ parameter: OpenAPIParameter, _ field: FieldDescriptor) {
        var types = field.textTypes
        var written = field.jsonTypes(.answer)
        if let message = field.message {
            let inner = codecs.descriptors.messages[message].fields.first
            switch codecs.form(of: message) {
            case .wrapper: (types, written) = (inner?.textTypes ?? types, inner?.jsonTypes(.answer) ?? written)
            case .timestamp, .duration, .fieldMask: (types, written) = (.string, .string)
            default:
                return warn(
                    "unread-parameter", at: parameter.node,
                    "\(field.name) is a message, which no parameter can fill; name one of its fields, or bind it to the body")
            }
        }
        guard field.cardinality != .map else {
            return warn("unread-parameter", at: parameter.node, "\(field.name) is a map, which no parameter can fill; remove it")
        }
        guard let schema = parameter.schema else { return }
        var allowed = JSONTypeSet(allowedBy: schema, in: document)
        // Members of an object are parameters of their own.
        if allowed == .object { return }
        if field.cardinality == .repeated, allowed.contains(.array) {
            guard let items = parts(of: schema).all.compactMap({ $0["items"] }).first else { return }
            allowed = JSONTypeSet(allowedBy: items, in: document)
        }
        guard allowed.isDisjoint(with: types) else { return }
        let kind = field.message.map { codecs.descriptors.messages[$0].fullName } ?? "\(field.kind)"
        warn(
            "message-field-type", at: schema,
            "\(field.name) is \(kind), but the schema allows \(allowed.text); write type: \(written.text)")
    }
}
