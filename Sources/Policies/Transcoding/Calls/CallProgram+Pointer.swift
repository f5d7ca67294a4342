import Protobuf

extension CallProgram {
    /// Where in this operation's JSON body a field of the request message stands, as an RFC 6901 pointer.
    ///
    /// `path` is what services write into `google.rpc.BadRequest`: names in either spelling joined by dots, `[2]` or `["key"]`
    /// behind a list or map. Indices are taken as the service counts them. Empty for what is not inside the body: a field the
    /// path or the query fills, and one the message does not have.
    public func bodyPointer(toField path: String) -> String {
        guard var steps = Step.parse(path)?[...], case .name(let first)? = steps.first else { return "" }
        let message = pool.descriptors.messages[input]
        var place = Place.message(message)
        switch body {
        case .none: return ""
        case .all:
            let isBound = bindings.contains { binding in Step.parse(binding.path).map { steps.starts(with: $0) } ?? false }
            if isBound { return "" }
        case .field(let index):
            let field = message.fields[index]
            guard field.name == first || field.jsonName == first else { return "" }
            place = self.place(field)
            steps = steps.dropFirst()
        }
        var pointer = ""
        for step in steps {
            guard let next = self.place(step, in: place) else { return "" }
            pointer += "/" + Self.escaped(next.name)
            place = next.place
        }
        return pointer
    }

    /// What names and keys may follow a part of a path.
    private indirect enum Place {
        /// The names of its fields.
        case message(MessageDescriptor)
        /// An index or a key, then what an element has.
        case elements(Place)
        /// Whatever the client chose: Struct and its like.
        case anything
        case nothing
    }

    private func place(_ step: Step, in place: Place) -> (name: String, place: Place)? {
        switch (step, place) {
        case (.name(let name), .message(let owner)):
            guard let field = owner.field(named: name) else { return nil }
            return (field.jsonName, self.place(field))
        case (.key(let key), .elements(let element)): return (key, element)
        case (.name(let name), .anything), (.key(let name), .anything): return (name, .anything)
        default: return nil
        }
    }

    private func place(_ field: FieldDescriptor) -> Place {
        guard let index = field.message else { return field.cardinality == .singular ? .nothing : .elements(.nothing) }
        let messages = pool.descriptors.messages
        switch field.cardinality {
        case .singular: return place(messages[index])
        case .repeated: return .elements(place(messages[index]))
        case .map: return .elements(messages[index].fields.last?.message.map { place(messages[$0]) } ?? .nothing)
        }
    }

    private func place(_ message: MessageDescriptor) -> Place {
        message.fullName.hasPrefix("google.protobuf.") ? .anything : .message(message)
    }

    /// `~` and `/` as RFC 6901 section 3 writes them.
    private static func escaped(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1 == "~" ? "~0" : $1 == "/" ? "~1" : String($1) }
    }

    /// A part of a violation's path.
    private enum Step: Equatable {
        case name(String)
        /// An index or a map key.
        case key(String)

        /// Deeper than any body that is accepted.
        private static let maximumSteps = 128

        /// Nil when the text is no path.
        static func parse(_ path: String) -> [Step]? {
            var steps: [Step] = []
            var rest = path[...]
            while !rest.isEmpty, steps.count < maximumSteps {
                if rest.first == "[" {
                    guard let key = takeKey(&rest) else { return nil }
                    steps.append(.key(key))
                } else {
                    if !steps.isEmpty {
                        guard rest.first == "." else { return nil }
                        rest = rest.dropFirst()
                    }
                    let name = rest.prefix { $0 != "." && $0 != "[" }
                    guard !name.isEmpty else { return nil }
                    steps.append(.name(String(name)))
                    rest = rest.dropFirst(name.count)
                }
            }
            return rest.isEmpty && !steps.isEmpty ? steps : nil
        }

        /// `[2]`, `["key"]` or `['key']`; a quoted key ends at its quote, so it may hold brackets and dots.
        private static func takeKey(_ rest: inout Substring) -> String? {
            rest = rest.dropFirst()
            let quote = rest.first
            guard quote == "\"" || quote == "'" else {
                guard let end = rest.firstIndex(of: "]"), end > rest.startIndex else { return nil }
                defer { rest = rest[rest.index(after: end)...] }
                return String(rest[..<end])
            }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(where: { $0 == quote }), rest[end...].dropFirst().first == "]" else { return nil }
            defer { rest = rest[end...].dropFirst(2) }
            return String(rest[..<end])
        }
    }
}
