extension PlatformConfiguration {
    /// Where modules are installed; neither source: there are none.
    public struct Modules: Sendable, Hashable {
        /// The watched folder, resolved; nil for none.
        public var folder: String?
        /// How often it is looked at; a change is taken at the second look that sees it. 1 s.
        public var poll = Duration.seconds(1)
        /// Whether the registry in Valkey is read too; false.
        public var usesRegistry = false
    }
}
