import Discovery

/// A client of a session: it asks, is told, and says what it thinks of that.
struct Client {
    var session: DiscoverySession
    /// What it holds by kind and name: versions.
    var held: [DiscoveryKind: [String: String]] = [:]
    private var version: [DiscoveryKind: String] = [:]
    private var names: [DiscoveryKind: [String]] = [:]

    init(_ variant: DiscoveryVariant) { session = DiscoverySession(variant) }

    /// Asks for a kind for the first time.
    mutating func ask(
        _ kind: DiscoveryKind, _ asked: [String] = [], known: [String: String] = [:], version: String = "", in set: DiscoverySet
    ) {
        var request = DiscoveryRequest()
        request.node = DiscoveryNode(id: "one", cluster: "test")
        request.typeURL = kind.typeURL
        request.names = asked
        request.known = known
        request.version = version
        names[kind] = asked
        _ = session.receive(request, in: set)
    }

    /// Changes what it asks for in the delta variant.
    mutating func change(_ kind: DiscoveryKind, add: [String] = [], remove: [String] = [], in set: DiscoverySet) {
        var request = DiscoveryRequest()
        request.typeURL = kind.typeURL
        request.names = add
        request.unsubscribed = remove
        _ = session.receive(request, in: set)
    }

    /// The next answer, taken but not judged.
    mutating func take(_ set: DiscoverySet) -> DiscoveryResponse? { session.next(in: set) }

    /// Accepts an answer; `asking` is what a client of state of the world asks for from now on.
    @discardableResult
    mutating func accept(_ response: DiscoveryResponse, asking: [String]? = nil, _ set: DiscoverySet) -> DiscoveryVerdict {
        guard let kind = DiscoveryKind(typeURL: response.typeURL) else { return .none }
        if session.variant == .stateOfTheWorld { held[kind] = [:] }
        for resource in response.resources { held[kind, default: [:]][resource.name] = resource.version }
        for name in response.removed { held[kind]?[name] = nil }
        version[kind] = response.version
        return reply(response, kind, asking, nil, set)
    }

    @discardableResult
    mutating func refuse(_ response: DiscoveryResponse, _ words: String, _ set: DiscoverySet) -> DiscoveryVerdict {
        guard let kind = DiscoveryKind(typeURL: response.typeURL) else { return .none }
        return reply(response, kind, nil, words, set)
    }

    private mutating func reply(
        _ response: DiscoveryResponse, _ kind: DiscoveryKind, _ asking: [String]?, _ words: String?, _ set: DiscoverySet
    ) -> DiscoveryVerdict {
        var request = DiscoveryRequest()
        request.typeURL = response.typeURL
        request.nonce = response.nonce
        request.refusal = words
        if session.variant == .stateOfTheWorld {
            names[kind] = asking ?? names[kind]
            request.names = names[kind] ?? []
            request.version = version[kind] ?? ""
        }
        return session.receive(request, in: set)
    }

    /// Accepts everything there is; answers the kinds in the order in which they came.
    @discardableResult
    mutating func drain(_ set: DiscoverySet) -> [String] {
        var order: [String] = []
        while let response = take(set) {
            order.append((DiscoveryKind(typeURL: response.typeURL)?.abbreviation ?? response.typeURL) + Self.mark(response))
            accept(response, set)
        }
        return order
    }

    private static func mark(_ response: DiscoveryResponse) -> String { response.removed.isEmpty ? "" : "-" }
}

/// A set of `kind/name=version` texts.
func things(_ generation: UInt64, _ texts: String...) -> DiscoverySet {
    DiscoverySet(
        generation: generation,
        texts.compactMap { text in
            let parts = text.split { $0 == "/" || $0 == "=" }.map(String.init)
            return DiscoveryKind.allCases.first { $0.abbreviation == parts[0] }.map {
                DiscoveryResource(kind: $0, name: parts[1], version: parts[2], bytes: Array(text.utf8))
            }
        })
}

extension DiscoveryRefusal {
    static func made(generation: UInt64, accepted: UInt64?) -> DiscoveryRefusal {
        DiscoveryRefusal(kind: .routes, message: "no", names: ["table"], generation: generation, accepted: accepted)
    }
}
