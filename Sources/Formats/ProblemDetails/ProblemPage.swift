/// What there is to know of a kind of problem: the page that its `type` names.
public struct ProblemPage: Sendable {
    public let slug: ProblemSlug
    /// What it says of the request.
    public let meaning: String
    /// What the client can do.
    public let client: String
    /// What the operator can do.
    public let operators: String

    /// The pages of all kinds, by status.
    public static let all: [ProblemPage] = ProblemSlug.allCases.map { slug in
        let (meaning, client, operators) = texts(of: slug)
        return ProblemPage(slug: slug, meaning: meaning, client: client, operators: operators)
    }

    /// The page in Markdown, beginning with a heading of the second level.
    public var markdown: String {
        """
        ## \(slug.text)

        **\(slug.status) \(slug.title).** \(meaning)

        - Client: \(client)
        - Operator: \(operators)

        """
    }

    /// The page as HTML, which loads nothing from elsewhere.
    ///
    /// - Parameter place: Path of the list of all pages, without a slash at its end.
    public func html(at place: String) -> String {
        let title = "\(slug.status) \(slug.title)"
        return Self.html(
            title: "\(title): \(slug.text)",
            """
            <h1>\(title)</h1>
            <p><code>\(slug.text)</code></p>
            <p>\(Self.marked(meaning))</p>
            <h2>What a client can do</h2>
            <p>\(Self.marked(client))</p>
            <h2>What the operator can do</h2>
            <p>\(Self.marked(operators))</p>
            <p><a href="\(place)">All problems</a></p>
            """)
    }

    /// The list of all pages as HTML.
    public static func index(at place: String) -> String {
        let rows = all.map { page in
            "<tr><td>\(page.slug.status)</td><td><a href=\"\(place)/\(page.slug.text)\">\(page.slug.text)</a></td><td>\(marked(page.meaning))</td></tr>"
        }
        return html(title: "Problems", "<h1>Problems</h1>\n<table>\n\(rows.joined(separator: "\n"))\n</table>")
    }

    private static func html(title: String, _ content: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        <style>body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}td{padding:.2rem .8rem .2rem 0;vertical-align:top}</style>
        <main>
        \(content)
        </main>
        </html>

        """
    }

    /// Text with what stands between backticks as code.
    private static func marked(_ text: String) -> String {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return escaped.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { $0.offset % 2 == 1 ? "<code>\($0.element)</code>" : String($0.element) }.joined()
    }

    /// The document of all pages, which `docs/problems.md` is.
    public static var document: String {
        """
        # Problems

        Every refusal of the gateway is a problem document (RFC 9457, `application/problem+json`): `type`, `title`, `status`, `detail`, `instance` and `traceId`, and what a kind adds. The last part of
        `type` is one of the headings below; a kind keeps its name and meaning. A service may answer with problems of its own, which pass as they are, with a `traceId`.

        `gateway explain` says why a request is answered with one, `gateway problems` prints these pages, and the gateway serves them at the path of `problems.base_url`.


        """ + all.map(\.markdown).joined(separator: "\n")
    }

    private static func texts(of slug: ProblemSlug) -> (meaning: String, client: String, operators: String) {
        switch slug {
        case .badRequest:
            (
                "The request breaks a rule of HTTP, JSON or the path, or two readers could understand it differently.",
                "Correct what `detail` names; sending it again changes nothing.",
                "Nothing. Many of them from one address are a broken client or a probe for weaknesses."
            )
        case .validationFailed:
            (
                "The request is not what the API's document describes. `errors` lists each part: `field`, `pointer` (RFC 6901) into the body, `code`, `message`.",
                "Correct the parts listed.",
                "If the document is wrong and not the request: put the operation's `x-validation` to `report` and see `gateway drift`."
            )
        case .unauthorized:
            (
                "There is no token, or it cannot be believed: it is expired, of an unknown issuer or key, or meant for somebody else. `WWW-Authenticate` says which.",
                "Take a new token.",
                "`gateway explain` shows algorithm, key, issuer and expiry. Look whether the log tells of keys that cannot be fetched."
            )
        case .planLimitExceeded:
            (
                "The tenant's plan does not hold what is asked for, or a quota of it is used up.",
                "Wait for the next period, or take a larger plan.",
                "The plan is what Billing says; `x-quota` of the operation names the quota."
            )
        case .subscriptionSuspended:
            (
                "The tenant's subscription is suspended.", "Settle what is open.",
                "Billing says so; nothing is to be done at the gateway."
            )
        case .subscriptionTerminated:
            (
                "The tenant's subscription has ended.", "Begin a new one.",
                "Billing says so; nothing is to be done at the gateway."
            )
        case .forbidden:
            (
                "The caller is known and may not do this: a permission, one of several roles, or a good tenant is missing, or a page of this origin may not ask.",
                "Ask whoever administers the tenant.",
                "`/denials` on the admin listener and `gateway explain` name what was missing and where it was looked up."
            )
        case .notFound:
            (
                "No operation has this path, or the service knows no such thing.",
                "Check path and identifiers.",
                "`gateway routes` lists what is served. A service in quarantine has none of its routes, or its former ones."
            )
        case .moduleNotFound:
            (
                "The module is not active for the caller's tenant, or there is none of this name.",
                "Take the module for the tenant.",
                "`modules:active:TENANT` in Valkey, or `tenants` of the configuration, lists what a tenant has; `/modules` what is served."
            )
        case .methodNotAllowed:
            (
                "The path exists, but not with this method; `Allow` lists those it has.", "Use one of them.", "Nothing."
            )
        case .notAcceptable:
            (
                "The answer cannot be given in any of the forms that `Accept` allows.", "Ask for JSON.", "Nothing."
            )
        case .conflict:
            (
                "The request does not fit the state of what it changes, such as creating what is there already.",
                "Read it anew and decide.", "Nothing: the service says so (ALREADY_EXISTS, ABORTED)."
            )
        case .versionSunset:
            (
                "This version of the API has ended; its documents stay at `/api-docs`.",
                "Use a newer version.", "`gateway deprecate VERSION --sunset DATE --change-sunset` gives it more time."
            )
        case .payloadTooLarge:
            (
                "The body is larger than the operation takes.", "Send less, or in parts.",
                "`limits.body_bytes` and the operation's own limit decide; what has to be held until it is whole is limited more tightly."
            )
        case .uriTooLong:
            (
                "Path and query are longer than is taken.", "Put what is long into a body.", "`limits.target_bytes` decides."
            )
        case .unsupportedMediaType:
            (
                "The body's media type or coding is not one the operation takes.", "Send one that its document names.", "Nothing."
            )
        case .rateLimitExceeded:
            (
                "A limit of the user, the address, the role or the tenant is used up; `RateLimit-Policy` and `RateLimit` name it.",
                "Wait as many seconds as `Retry-After` says.",
                "`rate_limits`, and `rate_limit:config:TENANT` in Valkey, decide; `gateway explain` shows what is left of each."
            )
        case .headerFieldsTooLarge:
            (
                "The fields of the request are too many or too long.", "Send fewer; a cookie is often the reason.",
                "`limits.head_bytes` and `limits.header_count` decide."
            )
        case .clientClosedRequest:
            (
                "The call was cancelled before it was answered.", "Nothing: it was the client that left.", "Nothing."
            )
        case .internal:
            (
                "The gateway or the service made a mistake.", "Try again later; tell the `traceId` to the operator.",
                "Look for the `traceId` in the log of the gateway and of the service."
            )
        case .notImplemented:
            (
                "The service does not know the method that the operation calls.", "Nothing.",
                "Document and service are of different versions: the service answered UNIMPLEMENTED."
            )
        case .badGateway:
            (
                "The service ended the connection, or what it answered is no HTTP or gRPC.", "Try again.",
                "See the service's log; `gateway_upstream_faults_total` counts these."
            )
        case .upstreamResponseInvalid:
            (
                "The service's answer is not what the API's document describes, and the operation's answers are enforced.",
                "Tell the operator.", "`gateway drift` lists what differs; `x-validation` puts answers to `report`."
            )
        case .serviceUnavailable:
            (
                "The service cannot be reached, is held back by a circuit breaker, too much waits for it, or nobody can say at present what the caller may do. `detail` says which.",
                "Try again after `Retry-After`.",
                "`/health` and `/breakers` tell what is wrong, `gateway explain` for one request."
            )
        case .gatewayTimeout:
            (
                "The service did not answer in time.", "Try again, if doing so twice is harmless.",
                "The operation's timeout, or what the client allowed, was over; see the service's own times."
            )
        }
    }
}
