import Patterns

/// Facts of Unicode that IDNA 2008 asks for; read from the tables when first asked.
enum IDNATables {
    /// PVALID of RFC 5892.
    static let valid = named("idna=PVALID")
    static let marks = CodePointSet(["gc=Mn", "gc=Mc", "gc=Me"].flatMap { named($0).ranges })
    static let viramas = named("ccc=9")
    static let greek = named("sc=Greek")
    static let hebrew = named("sc=Hebrew")
    static let japanese = CodePointSet(["sc=Hiragana", "sc=Katakana", "sc=Han"].flatMap { named($0).ranges })
    /// Characters that join the next one, the one before, or let joining pass through them.
    static let joinsNext = CodePointSet(["jt=L", "jt=D"].flatMap { named($0).ranges })
    static let joinsBefore = CodePointSet(["jt=R", "jt=D"].flatMap { named($0).ranges })
    static let transparent = named("jt=T")
    /// Classes of the bidirectional algorithm.
    static let leftToRight = named("bc=L")
    static let rightToLeft = CodePointSet(["bc=R", "bc=AL"].flatMap { named($0).ranges })
    static let arabicNumbers = named("bc=AN")
    static let europeanNumbers = named("bc=EN")
    static let nonspacing = named("bc=NSM")
    static let neutral = CodePointSet(["bc=ES", "bc=CS", "bc=ET", "bc=ON", "bc=BN"].flatMap { named($0).ranges })

    private static func named(_ name: String) -> CodePointSet { UnicodeSets.named(name) ?? CodePointSet([]) }
}
