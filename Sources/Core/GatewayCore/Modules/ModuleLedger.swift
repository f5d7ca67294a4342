import Documents

/// The modules beside one platform: which versions are installed, which are served, and what is wrong with the others.
///
/// A change of one module compiles that one alone. What is served stays until something better is there: a version with errors
/// leaves the last good one in force, and where two modules claim the same route, service or gRPC method, the one that runs
/// keeps it. Among those that come together the slug decides, so that two gateways with the same modules agree.
public struct ModuleLedger: Sendable {
    private let environment: [String: String]
    private var platform: PlatformPart?
    private var wanted: [String: ModulePackage] = [:]
    private var served: [String: CompiledModule] = [:]
    /// Slugs of those that are served, in the order they came: their order in the snapshot.
    private var order: [String] = []
    /// By slug: what compiling the wanted package came to.
    private var attempts: [String: ModuleAttempt] = [:]
    private var claims = ModuleClaims()
    /// By slug, sorted in `reports`.
    private var standing: [String: ModuleReport] = [:]

    /// - Parameter environment: For the defaults that it sets.
    public init(environment: [String: String]) { self.environment = environment }

    /// How every module stands, by slug.
    public var reports: [ModuleReport] { standing.values.sorted { $0.slug < $1.slug } }

    /// The services in force, of modules whose files can be looked at.
    public var services: [PlatformConfiguration.Upstream] {
        order.compactMap { served[$0] }.filter { $0.package.origin == .folder }.flatMap(\.manifest.services)
    }

    /// Whether a module is refused or quarantined that may be taken at another try, without having changed.
    public var isWorthAnotherTry: Bool { attempts.values.contains { $0.compiled == nil && $0.isWorthAnother } }

    /// The services that must tell their descriptors before `update` can compile these packages, by slug.
    /// - Parameter retries: As of `update`.
    public func reflecting(
        _ packages: [ModulePackage], beside platform: PlatformPart, retries: Bool = false
    ) -> [String: [PlatformConfiguration.Upstream]] {
        var asked: [String: [PlatformConfiguration.Upstream]] = [:]
        for package in packages where needsCompiling(package, beside: platform, retries) && !package.findings.hasErrors {
            let services = ModuleManifest.decode(package, environment: environment).manifest?.services ?? []
            let reflecting = services.filter { $0.descriptors == .reflection }
            if !reflecting.isEmpty { asked[package.slug] = reflecting }
        }
        return asked
    }

    private func needsCompiling(_ package: ModulePackage, beside platform: PlatformPart, _ retries: Bool) -> Bool {
        guard self.platform === platform, let attempt = attempts[package.slug], attempt.package.hasSameContent(as: package) else {
            return true
        }
        return retries && attempt.compiled == nil && attempt.isWorthAnother
    }

    /// Takes the packages that are installed now, one for each slug, and compiles those that are new.
    ///
    /// - Parameters:
    ///   - platform: What they are put beside; with another one than before everything is compiled again.
    ///   - reflected: What `reflecting` asked for, by slug.
    ///   - retries: Whether those are tried again, too, that did not change and may come out otherwise all the same.
    ///   - now: Seconds since 1970, for the reports.
    /// - Returns: The reports that are new or changed; those of modules that are gone are not among them.
    @discardableResult
    public mutating func update(
        _ packages: [ModulePackage], beside platform: PlatformPart, reflected: [String: ReflectedSets] = [:],
        retries: Bool = false, now: Int64
    ) -> [ModuleReport] {
        let isOther = self.platform !== platform
        wanted = Dictionary(packages.map { ($0.slug, $0) }) { first, _ in first }
        forgetRemoved()
        for package in wanted.values where needsCompiling(package, beside: platform, retries) {
            attempts[package.slug] = ModuleAttempt(
                package, platform: platform, reflected: reflected[package.slug] ?? ReflectedSets(), environment: environment)
        }
        var conflicts: [String: [Finding]] = [:]
        if isOther {
            self.platform = platform
            moveBeside(platform, &conflicts)
        }
        admitPending(&conflicts)
        return report(conflicts, now)
    }

    /// Everything that is served, in one snapshot. Call after `update`.
    public mutating func snapshot(generation: UInt64) -> Snapshot? {
        guard let platform else { return nil }
        var operation = platform.routes.operations.count
        var service = platform.routes.services.count
        var parts: [RoutePart] = []
        parts.reserveCapacity(order.count)
        for slug in order {
            guard let part = served[slug]?.routes.moved(toOperation: operation, service: service) else { continue }
            served[slug]?.routes = part
            parts.append(part)
            operation += part.operations.count
            service += part.services.count
        }
        return platform.snapshot(generation, with: parts)
    }

    // MARK: Who is served

    private mutating func forgetRemoved() {
        for slug in order where wanted[slug] == nil {
            claims.release(slug, served[slug]?.routes)
            served[slug] = nil
        }
        order.removeAll { wanted[$0] == nil }
        attempts = attempts.filter { wanted[$0.key] != nil }
        standing = standing.filter { wanted[$0.key] != nil }
    }

    /// Puts what is served beside another platform: the version that is installed, or else the one that was in force.
    private mutating func moveBeside(_ platform: PlatformPart, _ conflicts: inout [String: [Finding]]) {
        claims = ModuleClaims(platform.routes)
        let earlier = served
        served = [:]
        for slug in order {
            if admit(slug, attempts[slug]?.compiled, &conflicts) { continue }
            guard let last = earlier[slug] else { continue }
            let again = ModuleAttempt(last.package, platform: platform, reflected: last.reflected, environment: environment)
            var unsaid: [String: [Finding]] = [:]
            _ = admit(slug, again.compiled, &unsaid)
        }
        order.removeAll { served[$0] == nil }
    }

    /// Takes in whatever is installed, compiled and not in force: updates before new modules, by slug, again and again while
    /// what one gives up makes room for another.
    private mutating func admitPending(_ conflicts: inout [String: [Finding]]) {
        var pending = attempts.values.filter { attempt in
            attempt.compiled.map { served[attempt.package.slug]?.package !== $0.package } ?? false
        }
        pending.sort { left, right in
            let (left, right) = (left.package.slug, right.package.slug)
            let isUpdate = (served[left] != nil, served[right] != nil)
            return isUpdate.0 == isUpdate.1 ? left < right : isUpdate.0
        }
        while true {
            let count = pending.count
            pending.removeAll { admit($0.package.slug, $0.compiled, &conflicts) }
            if pending.count == count || pending.isEmpty { return }
        }
    }

    /// Puts a compiled version in force unless it claims what another has; what it claims then is among `conflicts`.
    private mutating func admit(_ slug: String, _ module: CompiledModule?, _ conflicts: inout [String: [Finding]]) -> Bool {
        guard let module else { return false }
        let found = claims.conflicts(of: slug, module)
        conflicts[slug] = found.isEmpty ? nil : found
        guard found.isEmpty else { return false }
        claims.release(slug, served[slug]?.routes)
        claims.take(slug, module.routes)
        if served[slug] == nil, !order.contains(slug) { order.append(slug) }
        served[slug] = module
        return true
    }

    // MARK: Reports

    private mutating func report(_ conflicts: [String: [Finding]], _ now: Int64) -> [ModuleReport] {
        var changed: [ModuleReport] = []
        for (slug, package) in wanted {
            guard let attempt = attempts[slug] else { continue }
            let served = served[slug]
            let isWanted = served != nil && served?.package === attempt.compiled?.package
            let report = ModuleReport(
                slug: slug, state: isWanted ? .served : served == nil ? .refused : .quarantined,
                versionServed: served?.manifest.version, versionWanted: attempt.manifest?.version,
                title: (served?.manifest ?? attempt.manifest)?.title, origin: package.origin,
                operations: served?.routes.operations.count ?? 0, findings: attempt.findings + (conflicts[slug] ?? []), since: now
            )
            if let last = standing[slug], last.isSame(as: report) { continue }
            standing[slug] = report
            changed.append(report)
        }
        return changed.sorted { $0.slug < $1.slug }
    }
}
