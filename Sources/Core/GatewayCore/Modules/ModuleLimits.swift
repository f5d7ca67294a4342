/// What modules may cost before they are refused.
public enum ModuleLimits {
    /// Modules of one gateway: as many as a tenant can have.
    public static let modules = ModuleSet.maximumModules
    /// Bytes of a slug.
    public static let slugBytes = ModuleSet.maximumNameBytes
    /// Services of one module; what has more is several modules.
    public static let services = 16
    /// Files of one package; documents may be split, and this is far more than anybody splits them into.
    public static let files = 128
    /// Folders within folders of a package.
    public static let depth = 8
    /// Bytes of all files of one package; kept in memory, for the gateway to fall back on.
    public static let packageBytes = 8 << 20
    /// Bytes of all packages of one source together.
    public static let totalBytes = 512 << 20
    /// Bytes of the text of a version or a title.
    public static let textBytes = 200
}
