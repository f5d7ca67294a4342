import Bytes
import ControlMessages
import GatewayCore
import RateLimiting

/// Which limit a descriptor means.
///
/// In the gateway's own domain `tenant`, `tenant` with `user` (and `role` or `roles`), and `remote_address` where there is no user mean the configured limits, counted in the same
/// buckets as the embedded edge counts in. Any descriptor, in any domain, may bring a limit along.
final class RateLimitRules {
    private let domain: [UInt8]
    private let directory: TenantDirectory
    private let hash: KeyedHash
    private let supplied = SuppliedLimits()
    private let tokenRoles = TokenRoles()
    var snapshot: Snapshot

    init(domain: String, directory: TenantDirectory, hash: KeyedHash, snapshot: Snapshot) {
        self.domain = Array(domain.utf8)
        self.directory = directory
        self.hash = hash
        self.snapshot = snapshot
    }

    /// The entries the gateway knows, of one descriptor.
    private struct Known {
        var tenant: ByteRange?
        var user: ByteRange?
        var address: ByteRange?
        var hasRole = false
        /// A list as it stands in a token.
        var tokenRoles: ByteRange?
        /// Whether there is anything else, or one of them twice.
        var hasOther = false
    }

    /// Finds the limit of a descriptor and writes its key; a read to wait for when the tenant's ceiling is not known yet.
    func resolve(
        _ index: Int, of request: RateLimitRequest, _ message: ByteView, keys: ByteWriter, into limited: inout LimitedDescriptor
    )
        -> FactRead?
    {
        let descriptor = request.descriptors[index]
        limited = LimitedDescriptor()
        // Tokens are not given back, and none are taken of a descriptor that asks for none.
        let hits = descriptor.hits ?? UInt64(max(1, request.hitsAddend))
        guard !descriptor.isNegative, hits > 0 else { return nil }
        limited.hits = Int(min(hits, UInt64(BucketRate.mostTokens)))
        let known = known(descriptor, request, message)
        if let limit = descriptor.limit {
            resolve(limit, descriptor, known, request, message, keys, &limited)
            return nil
        }
        guard domain.withByteView({ $0 == message[request.domain] }), !known.hasOther else { return nil }
        if let tenant = known.tenant, let user = known.user {
            tokenRoles.read(known.tokenRoles.map { message[$0] } ?? .empty)
            resolve(user: message[user], of: message[tenant], descriptor, request, message, keys, &limited)
        } else if let address = known.address {
            resolve(address: message[address], keys, &limited)
        } else if let tenant = known.tenant, !known.hasRole {
            return resolve(tenant: message[tenant], keys, &limited)
        }
        return nil
    }

    private func known(_ descriptor: RateLimitRequest.Descriptor, _ request: RateLimitRequest, _ message: ByteView) -> Known {
        var known = Known()
        for position in descriptor.entries {
            let entry = request.entries[position]
            let key = message[entry.key]
            if key == "tenant", known.tenant == nil {
                known.tenant = entry.value
            } else if key == "user", known.user == nil {
                known.user = entry.value
            } else if key == "remote_address", known.address == nil {
                known.address = entry.value
            } else if key == "role" {
                known.hasRole = true
            } else if key == "roles", known.tokenRoles == nil {
                known.hasRole = true
                known.tokenRoles = entry.value
            } else if key == "tenant", known.address != nil {
                // What another issuer calls it, in a question for callers of all of them.
            } else {
                known.hasOther = true
            }
        }
        return known
    }

    // MARK: Configured limits

    private func resolve(tenant: ByteView, _ keys: ByteWriter, _ limited: inout LimitedDescriptor) -> FactRead? {
        let key = hash(tenant)
        guard let record = directory.tenant(tenant, hash: key) else { return nil }
        switch directory.rate(of: record) {
        case .known(let rule):
            guard let rule else { return nil }
            set(rule, key: key, &limited)
            limited.bucketTag = append(tenant, to: keys)
            return nil
        case .reading(let read): return read
        // Nobody knows of a ceiling: other limits hold.
        case .unavailable: return nil
        }
    }

    private func resolve(
        user: ByteView, of tenant: ByteView, _ descriptor: RateLimitRequest.Descriptor, _ request: RateLimitRequest,
        _ message: ByteView, _ keys: ByteWriter, _ limited: inout LimitedDescriptor
    ) {
        let rule = snapshot.rateRule { role in
            if tokenRoles.contains(role) { return true }
            for position in descriptor.entries where message[request.entries[position].key] == "role" {
                if Self.list(message[request.entries[position].value], contains: role) { return true }
            }
            return false
        }
        guard let rule else { return }
        limited.bucketTag = append(tenant, to: keys)
        keys.append(0)
        limited.bucketName = append(user, to: keys)
        // Tenant and user together, as identities know their users.
        let whole = keys.view[limited.bucketTag.start, limited.bucketName.end]
        set(rule, key: hash(whole), &limited)
    }

    /// Whether a list with commas, as claims and header fields bring it, contains the name.
    private static func list(_ list: ByteView, contains name: ByteView) -> Bool {
        var start = 0
        while start <= list.count {
            let end = list.firstIndex(of: UInt8(ascii: ","), from: start) ?? list.count
            if list[start, end].trimmingBlanks == name { return true }
            start = end + 1
        }
        return false
    }

    private func resolve(address text: ByteView, _ keys: ByteWriter, _ limited: inout LimitedDescriptor) {
        guard let rule = snapshot.addressRule, let address = ClientAddress(String(text)) else { return }
        set(rule, key: address.limitKey(hash), &limited)
        let start = keys.count
        address.appendNetwork(to: keys)
        limited.bucketTag = ByteRange(start, keys.count)
    }

    private func set(_ rule: RateRule, key: UInt64, _ limited: inout LimitedDescriptor) {
        limited.state = .pending
        limited.rule = rule
        limited.limit = rule.limit
        limited.key = key
    }

    // MARK: Limits that a request brings along

    private func resolve(
        _ limit: RateLimitRequest.SuppliedLimit, _ descriptor: RateLimitRequest.Descriptor, _ known: Known,
        _ request: RateLimitRequest, _ message: ByteView, _ keys: ByteWriter, _ limited: inout LimitedDescriptor
    ) {
        if let last = descriptor.entries.last { limited.name = request.entries[last].key }
        // A unit that is none is no limit; a limit of no requests lets none through.
        guard SuppliedLimits.seconds(ofUnit: limit.unit) != nil else { return }
        guard let compiled = supplied.limit(limit) else {
            limited.state = .over
            return
        }
        limited.state = .pending
        limited.limit = compiled
        if let tenant = known.tenant { limited.bucketTag = append(message[tenant], to: keys) }
        // The whole descriptor is the key; lengths, so that no text can pass for two.
        let start = keys.count
        appendPart(message[request.domain], to: keys)
        for position in descriptor.entries {
            appendPart(message[request.entries[position].key], to: keys)
            appendPart(message[request.entries[position].value], to: keys)
        }
        let name = ByteRange(start, keys.count)
        limited.key = hash(keys.view[name])
        if known.tenant == nil { limited.bucketTag = name } else { limited.bucketName = name }
    }

    private func appendPart(_ text: ByteView, to keys: ByteWriter) {
        keys.append(decimal: text.count)
        keys.append(":")
        keys.append(text)
    }

    private func append(_ text: ByteView, to keys: ByteWriter) -> ByteRange {
        keys.append(text)
        return ByteRange(keys.count - text.count, keys.count)
    }
}
