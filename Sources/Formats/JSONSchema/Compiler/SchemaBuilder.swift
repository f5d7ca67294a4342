import Bytes
import JSON
import Patterns

/// The tables of a program while they grow.
struct SchemaBuilder: ~Copyable {
    var nodes: [SchemaNode] = []
    var pointers: [Run] = []
    var objects: [ObjectRule] = []
    var arrays: [ArrayRule] = []
    var strings: [StringRule] = []
    var numbers: [NumberRule] = []
    var generals: [GeneralRule] = []
    var unevaluated: [UnevaluatedRule] = []
    var discriminators: [DiscriminatorRule] = []
    var properties: [Property] = []
    var patternProperties: [PatternProperty] = []
    var patterns: [Pattern] = []
    var slots: [Int32] = []
    var dependencies: [Dependency] = []
    var lists: [Int32] = []
    var names: [Run] = []
    var divisors: [JSONDecimal] = []
    var divisorTexts: [String] = []
    var bytes: [UInt8] = []
    /// A JSON array of all constants, still open.
    let constants: ByteWriter
    var constantCount: Int32 = 0

    init() {
        constants = ByteWriter()
        constants.append(UInt8(ascii: "["))
    }

    /// Adds text and answers where it is.
    mutating func add(text: String) -> Run {
        let run = Run(start: Int32(bytes.count), count: Int32(text.utf8.count))
        bytes += Array(text.utf8)
        return run
    }

    /// Adds a list of schemas.
    mutating func add(list: [Int32]) -> Run {
        let run = Run(start: Int32(lists.count), count: Int32(list.count))
        lists += list
        return run
    }

    /// Adds a list of names.
    mutating func add(names added: [String]) -> Run {
        let runs = added.map { add(text: $0) }
        let run = Run(start: Int32(names.count), count: Int32(runs.count))
        names += runs
        return run
    }

    /// Adds a name, and answers it as an entry of a table of names.
    mutating func property(named name: String) -> Property {
        let text = add(text: name)
        return name.withByteView { name in
            let head = name.count < 8 ? UInt64(1) << UInt64(name.count * 8) - 1 : name.load8(at: 0)
            return Property(word: NameWord.load(name), head: head, start: text.start, length: text.count)
        }
    }

    /// Adds names and a hash table over them that is at most half full. Of two with the same name the first is found.
    mutating func add(names added: [Property]) -> NameTable {
        let entries = Run(start: Int32(properties.count), count: Int32(added.count))
        properties += added
        var size = 2
        while size < added.count * 2 { size *= 2 }
        let table = Run(start: Int32(slots.count), count: Int32(size))
        slots += [Int32](repeating: 0, count: size)
        for (offset, property) in added.enumerated() {
            var slot = NameWord.slot(property.word, Int(property.length), mask: Int32(size - 1))
            while slots[Int(table.start + slot)] != 0 { slot = (slot + 1) & Int32(size - 1) }
            slots[Int(table.start + slot)] = Int32(offset + 1)
        }
        return NameTable(entries: entries, slots: table)
    }

    /// Notes, once all schemas are there, what can be told of a value by its kind alone.
    mutating func link() {
        for index in nodes.indices { (nodes[index].plain, nodes[index].direct) = kinds(nodes[index]) }
        for rule in objects where rule.additional != Schema.absent {
            for entry in rule.names.entries.indices where !properties[Int(entry)].isDeclared {
                properties[Int(entry)].schema = rule.additional
            }
        }
        for index in properties.indices { properties[index] = linked(properties[index]) }
        for index in objects.indices { objects[index].additionalPlain = plainKinds(of: objects[index].additional) }
        for index in arrays.indices { arrays[index].itemsPlain = plainKinds(of: arrays[index].items) }
    }

    private func linked(_ property: Property) -> Property {
        var property = property
        property.plain = plainKinds(of: property.schema)
        guard property.schema >= 0 else { return property }
        let node = nodes[Int(property.schema)]
        if node.direct.contains(.string), !strings[Int(node.string)].hasMore {
            property.ranged = .string
            property.lowest = Int64(strings[Int(node.string)].sufficientBytes)
            property.highest = Int64(strings[Int(node.string)].maxLength)
        } else if node.direct.contains(.integer), numbers[Int(node.number)].isRange {
            property.ranged = .integer
            property.lowest = numbers[Int(node.number)].lowest
            property.highest = numbers[Int(node.number)].highest
        }
        return property
    }

    /// The kinds of values that a schema allows whatever they are.
    private func plainKinds(of schema: Int32) -> TypeSet {
        if schema >= 0 { return nodes[Int(schema)].plain }
        return schema == Schema.any || schema == Schema.absent ? .any : .none
    }

    private func kinds(_ node: SchemaNode) -> (plain: TypeSet, direct: TypeSet) {
        if node.unevaluated >= 0 { return (.none, .none) }
        var direct = node.types
        if node.general >= 0 {
            guard generals[Int(node.general)].isTextsOnly else { return (.none, .none) }
            direct.formIntersection(.string)
        }
        var ruled = TypeSet.none
        if node.object >= 0 { ruled.formUnion(.object) }
        if node.array >= 0 { ruled.formUnion(.array) }
        if node.string >= 0 { ruled.formUnion(.string) }
        if node.number >= 0 { ruled.formUnion(.number) }
        return (direct.subtracting(ruled), direct.intersection(ruled))
    }
}
