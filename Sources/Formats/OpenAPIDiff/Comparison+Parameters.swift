import Documents
import OpenAPI

extension Comparison {
    func compareParameters(_ old: OpenAPIOperation, _ new: OpenAPIOperation) {
        var waiting: [String: SourceNode] = [:]
        for parameter in new.parameters { waiting[identity(parameter.node, new)] = parameter.node }
        var gone: [SourceNode] = []
        for parameter in old.parameters.map(\.node) {
            if let match = waiting.removeValue(forKey: identity(parameter, old)) {
                compare(parameter, match, new.title)
            } else {
                gone.append(parameter)
            }
        }
        let rest = new.parameters.map(\.node).filter { waiting[identity($0, new)] != nil }
        var moved: [String: SourceNode] = [:]
        for parameter in rest { moved[parameter["name"]?.text ?? ""] = parameter }
        for parameter in gone {
            // A name that now stands elsewhere has moved.
            if let match = moved.removeValue(forKey: parameter["name"]?.text ?? "") {
                waiting[identity(match, new)] = nil
                log.report(
                    .breaking, "parameter-location-changed", .new, at: match["in"] ?? match, place(match, new.title),
                    "the parameter is now in the \(location(match)), was in the \(location(parameter))")
            } else if location(parameter) != "path" {
                log.report(
                    .breaking, "parameter-removed", .old, at: parameter, place(parameter, new.title), "the parameter is gone")
            }
        }
        for parameter in rest where waiting[identity(parameter, new)] != nil && location(parameter) != "path" {
            let isRequired = parameter["required"]?.bool ?? false
            log.report(
                isRequired ? .breaking : .note, isRequired ? "parameter-required-added" : "parameter-added", .new, at: parameter,
                place(parameter, new.title), isRequired ? "the parameter is new and must be sent" : "the parameter is new")
        }
    }

    private func location(_ parameter: SourceNode) -> String { parameter["in"]?.text ?? "" }

    private func place(_ parameter: SourceNode, _ operation: String) -> String {
        "\(operation), \(location(parameter)) parameter \(parameter["name"]?.text ?? "")"
    }

    /// Path parameters are the same by their position, header names whatever their case (RFC 9110 section 5.1).
    private func identity(_ parameter: SourceNode, _ operation: OpenAPIOperation) -> String {
        let name = parameter["name"]?.text ?? ""
        switch location(parameter) {
        case "path": return "path \(operation.pathParameters.firstIndex(of: name).map { "\($0)" } ?? name)"
        case "header": return "header \(name.lowercased())"
        case let location: return "\(location) \(name)"
        }
    }

    private func compare(_ old: SourceNode, _ new: SourceNode, _ operation: String) {
        let place = place(new, operation)
        func report(_ level: DocumentChange.Level, _ code: String, _ key: String, _ message: String) {
            log.report(level, code, .new, at: new[key] ?? new, place, message)
        }
        let (was, now) = (old["required"]?.bool ?? false, new["required"]?.bool ?? false)
        if was != now, location(new) != "path" {
            report(
                now ? .breaking : .note, now ? "parameter-required" : "parameter-optional", "required",
                now ? "the parameter must now be sent" : "the parameter need no longer be sent")
        }
        let (oldStyle, newStyle) = (style(old, oldTypes), style(new, newTypes))
        if oldStyle != newStyle {
            report(.breaking, "parameter-style-changed", "style", "it is now written as \(newStyle), was \(oldStyle)")
        }
        for (key, code) in [("allowReserved", "reserved"), ("allowEmptyValue", "empty")] {
            let (was, now) = (old[key]?.bool ?? false, new[key]?.bool ?? false)
            guard was != now else { continue }
            report(
                now ? .note : .breaking, "parameter-\(code)-\(now ? "widened" : "narrowed")", key,
                "\"\(key)\" is now \(now), was \(was)")
        }
        if new["deprecated"]?.bool == true, old["deprecated"]?.bool != true {
            report(.note, "parameter-deprecated", "deprecated", "the parameter is deprecated")
        }
        let scene = Scene(
            operation: operation, part: .parameter, name: "\(location(new)) parameter \(new["name"]?.text ?? "")")
        compareParameterSchemas(old, new, scene)
    }

    private func compareParameterSchemas(_ old: SourceNode, _ new: SourceNode, _ scene: Scene) {
        let before = old["content"]?.entries?.first
        let after = new["content"]?.entries?.first
        if before?.key.text?.lowercased() != after?.key.text?.lowercased() {
            log.report(
                .breaking, "parameter-media-type-changed", .new, at: new["content"] ?? new, scene.place,
                "its value is now \(after?.key.text ?? "plain text"), was \(before?.key.text ?? "plain text")")
            return
        }
        let left = before.map { $0.value["schema"] } ?? old["schema"]
        let right = after.map { $0.value["schema"] } ?? new["schema"]
        compareSchemas(left.map { [$0] } ?? [], right.map { [$0] } ?? [], at: (old, new), scene)
    }

    /// The style in effect, with its defaults (OpenAPI 3.1 section 4.8.12.2).
    private func style(_ parameter: SourceNode, _ memo: TypeMemo) -> String {
        if parameter["content"] != nil { return "content" }
        let isForm = location(parameter) == "query" || location(parameter) == "cookie"
        let style = parameter["style"]?.text ?? (isForm ? "form" : "simple")
        let explodes = parameter["explode"]?.bool ?? (style == "form")
        // Only lists and mappings have parts to explode.
        return explodes && isCompound(parameter, memo) ? "\(style), exploded" : style
    }

    private func isCompound(_ parameter: SourceNode, _ memo: TypeMemo) -> Bool {
        guard let schema = parameter["schema"] else { return false }
        return !SchemaView([schema], memo, anchor: schema).types.isDisjoint(with: [.array, .object])
    }
}
