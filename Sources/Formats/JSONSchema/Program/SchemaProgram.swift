import Bytes
import JSON
import Patterns

/// A schema compiled for fast checking: flat tables without references, immutable and shared by all loops.
public final class SchemaProgram: Sendable {
    /// The schemas that the program was compiled for, in their order.
    let roots: [Int32]
    let nodes: FixedTable<SchemaNode>
    let objects: FixedTable<ObjectRule>
    let arrays: FixedTable<ArrayRule>
    let strings: FixedTable<StringRule>
    let numbers: FixedTable<NumberRule>
    let generals: FixedTable<GeneralRule>
    let unevaluated: FixedTable<UnevaluatedRule>
    let discriminators: FixedTable<DiscriminatorRule>
    let properties: FixedTable<Property>
    let patternProperties: FixedTable<PatternProperty>
    let slots: FixedTable<Int32>
    let dependencies: FixedTable<Dependency>
    let lists: FixedTable<Int32>
    let names: FixedTable<Run>
    let divisors: FixedTable<JSONDecimal>
    let bytes: FixedTable<UInt8>

    /// Where each schema is written: its pointer in `bytes`.
    let pointers: FixedTable<Run>
    /// Divisors as they were written.
    let divisorTexts: [String]
    private let patterns: [Pattern]
    /// The same, to be used without counting references.
    let patternTable: FixedTable<Unmanaged<Pattern>>

    // Written once while compiling, only read afterwards.
    private nonisolated(unsafe) let constantTape: JSONTape
    private nonisolated(unsafe) let constantText: ByteWriter
    private let constantNodes: [Int]

    /// The keyword of a member that may not be sent in this direction.
    let foreignKeyword: SchemaErrorKeyword

    init(_ builder: borrowing SchemaBuilder, roots: [Int32], direction: SchemaDirection) {
        foreignKeyword = direction == .response ? .writeOnly : .readOnly
        self.roots = roots
        nodes = FixedTable(builder.nodes)
        objects = FixedTable(builder.objects)
        arrays = FixedTable(builder.arrays)
        strings = FixedTable(builder.strings)
        numbers = FixedTable(builder.numbers)
        generals = FixedTable(builder.generals)
        unevaluated = FixedTable(builder.unevaluated)
        discriminators = FixedTable(builder.discriminators)
        properties = FixedTable(builder.properties)
        patternProperties = FixedTable(builder.patternProperties)
        slots = FixedTable(builder.slots)
        dependencies = FixedTable(builder.dependencies)
        lists = FixedTable(builder.lists)
        names = FixedTable(builder.names)
        divisors = FixedTable(builder.divisors)
        bytes = FixedTable(builder.bytes)
        pointers = FixedTable(builder.pointers)
        patterns = builder.patterns
        patternTable = FixedTable(builder.patterns.map { Unmanaged.passUnretained($0) })
        divisorTexts = builder.divisorTexts
        constantText = builder.constants
        constantText.append(UInt8(ascii: "]"))
        constantTape = JSONTape()
        let fault = constantTape.parse(
            constantText.view,
            limits: JSONLimits(bytes: .max, depth: SchemaCompiler.mostDepth + 1, nodes: .max, rejectDuplicateNames: false))
        var found: [Int] = []
        if fault == nil {
            var index = 1
            while index < constantTape.end(0) {
                found.append(index)
                index = constantTape.end(index)
            }
        }
        constantNodes = found
    }

    deinit {
        nodes.deallocate()
        objects.deallocate()
        arrays.deallocate()
        strings.deallocate()
        numbers.deallocate()
        generals.deallocate()
        unevaluated.deallocate()
        discriminators.deallocate()
        properties.deallocate()
        patternProperties.deallocate()
        slots.deallocate()
        dependencies.deallocate()
        lists.deallocate()
        names.deallocate()
        divisors.deallocate()
        bytes.deallocate()
        pointers.deallocate()
        patternTable.deallocate()
    }

    /// The number of schemas in the program.
    public var schemaCount: Int { nodes.count }

    /// Whether a value of `tape` equals the constant.
    func equals(_ tape: JSONTape, _ index: Int, constant: Int32) -> Bool {
        let number = Int(constant)
        return number < constantNodes.count && tape.isEqual(index, to: constantTape, constantNodes[number])
    }

    /// A name in the program's text.
    @inline(__always)
    func text(_ run: Run) -> ByteView {
        run.count == 0 ? .empty : bytes.view(run)
    }
}

extension FixedTable where Element == UInt8 {
    /// The bytes of a run; traps when it does not lie inside the table.
    @inline(__always)
    func view(_ run: Run) -> ByteView { whole[ByteRange(Int(run.start), Int(run.start) &+ Int(run.count))] }
}
