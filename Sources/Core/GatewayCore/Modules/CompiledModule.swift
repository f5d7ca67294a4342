public import Documents

/// One version of a module, compiled against one platform.
struct CompiledModule: Sendable {
    let package: ModulePackage
    let manifest: ModuleManifest
    let reflected: ReflectedSets
    /// Warnings.
    let findings: [Finding]
    /// In the places of the snapshot it was last part of.
    var routes: RoutePart
}

/// The descriptor sets that the services of a module told of themselves.
public struct ReflectedSets: Sendable {
    /// By the name they are read as, `PlatformConfiguration.Upstream.descriptorFile`.
    public var files: [String: Result<[UInt8], FileSource.Fault>] = [:]
    /// Warnings; that a set is missing is an error of whoever needs it.
    public var findings: [Finding] = []

    public init() {}
}

/// What compiling a package came to; the same until the package, the platform or a reflected set is another.
struct ModuleAttempt: Sendable {
    let package: ModulePackage
    let platform: PlatformPart
    let manifest: ModuleManifest?
    /// Nil when there is an error among the findings.
    let compiled: CompiledModule?
    let findings: [Finding]
    /// Whether it may come out otherwise at the next try, because a service could not be asked for its descriptors.
    let isWorthAnother: Bool

    init(
        _ package: ModulePackage, platform: PlatformPart, reflected: ReflectedSets, environment: [String: String]
    ) {
        self.package = package
        self.platform = platform
        guard !package.findings.hasErrors else {
            (manifest, compiled, findings, isWorthAnother) = (nil, nil, package.findings, false)
            return
        }
        let decoded = ModuleManifest.decode(package, environment: environment)
        manifest = decoded.manifest
        let own = package.findings + decoded.findings + reflected.findings
        guard let manifest = decoded.manifest, !own.hasErrors else {
            (compiled, findings, isWorthAnother) = (nil, own, false)
            return
        }
        let files = package.source
        var compiler = SnapshotCompiler(
            platform.configuration, file: package.manifestFile, source: FileSource { reflected.files[$0] ?? files.read($0) },
            module: package.slug)
        let limits = platform.configuration.limits
        let services = manifest.services.enumerated().map { Service($1, index: $0, limits: limits) }
        for (service, upstream) in zip(services, manifest.services) { compiler.addOperations(of: service, upstream) }
        compiler.reportConflicts()
        compiler.warnOfAmbiguity()
        let routes = compiler.part(services, manifest.services) { _ in files }
        let all = own + compiler.findings.all
        findings = all
        isWorthAnother = manifest.services.contains { $0.descriptors == .reflection }
        compiled =
            all.hasErrors
            ? nil : CompiledModule(package: package, manifest: manifest, reflected: reflected, findings: all, routes: routes)
    }
}
