import Bytes
import JSON
import StringFormats

/// A broken rule, noted in passing; words are made of it only when the check is over.
struct SchemaFailure: BitwiseCopyable, Equatable {
    /// The value's node on the tape.
    let index: Int
    let schema: Int32
    let keyword: SchemaErrorKeyword
    /// What else the message needs: an entry of a table of the program.
    let detail: Int32
}

extension SchemaProgram {
    func error(_ failure: SchemaFailure, _ tape: JSONTape) -> SchemaError {
        SchemaError(
            instancePointer: InstancePointer.text(of: failure.index, in: tape),
            schemaPointer: "\(String(text(pointers[failure.schema])))/\(failure.keyword.rawValue)",
            keyword: failure.keyword.rawValue, message: message(failure), subject: subject(failure, tape))
    }

    private func subject(_ failure: SchemaFailure, _ tape: JSONTape) -> String? {
        let isKey = tape.kind(failure.index) == .key
        switch failure.keyword {
        case .type, .false: return isKey ? nil : tape.typeName(failure.index)
        case .additionalProperties, .unevaluatedProperties: return isKey ? tape.typeName(failure.index + 1) : nil
        case .required: return String(text(properties[failure.detail].name))
        case .dependentRequired: return String(text(names[failure.detail]))
        default: return nil
        }
    }

    private func message(_ failure: SchemaFailure) -> String {
        let node = nodes[failure.schema]
        switch failure.keyword {
        case .type: return "must be \(node.types.text)"
        case .false: return "is not allowed"
        case .limit: return "is too complex to be checked"
        case .enum: return "must be one of the listed values"
        case .const: return "must be the one value allowed"
        case .anyOf: return "must match at least one of the alternatives"
        case .oneOf: return "must match exactly one of the alternatives and matches \(failure.detail == 0 ? "none" : "more")"
        case .not: return "must not match the excluded schema"
        case .discriminator: return discriminatorMessage(failure)
        case .additionalProperties, .unevaluatedProperties: return "is not a member this object may have"
        case .items, .unevaluatedItems: return "is not an element this array may have"
        case .readOnly: return "is set by the server and may not be sent"
        case .writeOnly: return "may not be sent to a client"
        case .required: return "must have the member \(String(text(properties[failure.detail].name)))"
        case .dependentRequired: return dependencyMessage(failure)
        case .format: return "must have the format \(formatName(node))"
        case .pattern: return "must match the pattern"
        case .contentEncoding: return "must be encoded as the schema asks"
        case .contentMediaType: return "must hold a document of the media type"
        case .uniqueItems: return "must not have two equal elements"
        default: return limitMessage(failure, node)
        }
    }

    /// The messages of rules with a number in them.
    private func limitMessage(_ failure: SchemaFailure, _ node: SchemaNode) -> String {
        switch failure.keyword {
        case .minLength: "must have at least \(strings[node.string].minLength) characters"
        case .maxLength: "must have at most \(strings[node.string].maxLength) characters"
        case .minItems: "must have at least \(arrays[node.array].minItems) elements"
        case .maxItems: "must have at most \(arrays[node.array].maxItems) elements"
        case .contains, .minContains: "must have at least \(arrays[node.array].minContains) elements of a certain form"
        case .maxContains: "must have at most \(arrays[node.array].maxContains) elements of a certain form"
        case .minProperties: "must have at least \(objects[node.object].minProperties) members"
        case .maxProperties: "must have at most \(objects[node.object].maxProperties) members"
        case .minimum: "must be at least \(String(text(numbers[node.number].minimum.token)))"
        case .exclusiveMinimum: "must be greater than \(String(text(numbers[node.number].minimum.token)))"
        case .maximum: "must be at most \(String(text(numbers[node.number].maximum.token)))"
        case .exclusiveMaximum: "must be less than \(String(text(numbers[node.number].maximum.token)))"
        case .multipleOf: "must be a multiple of \(divisorTexts[Int(numbers[node.number].multipleOf) - 1])"
        default: "does not match the schema"
        }
    }

    private func discriminatorMessage(_ failure: SchemaFailure) -> String {
        let rule = discriminators[failure.detail]
        let values = rule.values.entries.indices.prefix(8).map { String(text(properties[$0].name)) }
        let more = rule.values.entries.count > 8 ? ", ..." : ""
        return "must have the member \(String(text(rule.name))) with one of: \(values.joined(separator: ", "))\(more)"
    }

    private func dependencyMessage(_ failure: SchemaFailure) -> String {
        let rule = objects[nodes[failure.schema].object]
        let missing = String(text(names[failure.detail]))
        for entry in rule.dependencies.indices where dependencies[entry].required.indices.contains(failure.detail) {
            return "must have the member \(missing) because it has \(String(text(dependencies[entry].name)))"
        }
        return "must have the member \(missing)"
    }

    private func formatName(_ node: SchemaNode) -> String {
        if node.string >= 0, let format = strings[node.string].format { return format.rawValue }
        if node.number >= 0, let format = numbers[node.number].format { return format.rawValue }
        return "that the schema asks for"
    }
}

extension JSONTape {
    /// The type's name in JSON Schema; `integer` for a number without a fraction, however it is written.
    fileprivate func typeName(_ index: Int) -> String {
        switch kind(index) {
        case .object: "object"
        case .array: "array"
        case .string, .key: "string"
        case .number: isInteger(index) || JSONNumber.isIntegral(raw(index)) ? "integer" : "number"
        case .true, .false: "boolean"
        case .null: "null"
        }
    }
}
