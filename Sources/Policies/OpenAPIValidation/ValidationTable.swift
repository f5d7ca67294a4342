import Bytes
import JSONSchema

/// What all operations of one document share: names, shapes, rules and schemas. Immutable once compiled.
final class ValidationTable: Sendable {
    // Written once while compiling, only read afterwards.
    nonisolated(unsafe) private let bytes: ByteWriter
    let shapes: Rows<TextShape>
    let names: NameIndex
    let rules: Rows<ValueRule>
    let media: Rows<MediaRule>
    let mediaParameters: Rows<MediaParameter>
    let request: SchemaProgram?
    let response: SchemaProgram?

    init(_ builder: ValidationBuilder, request: SchemaProgram?, response: SchemaProgram?) {
        bytes = builder.text
        shapes = Rows(builder.shapes)
        names = NameIndex(builder.names)
        rules = Rows(builder.rules)
        media = Rows(builder.media)
        mediaParameters = Rows(builder.mediaParameters)
        self.request = request
        self.response = response
    }

    deinit {
        shapes.deallocate()
        names.deallocate()
        rules.deallocate()
        media.deallocate()
        mediaParameters.deallocate()
    }

    /// All names, one after another.
    var text: ByteView { bytes.view }

    func name(_ range: ByteRange) -> ByteView { bytes.view[range] }
}

/// The table while it grows.
final class ValidationBuilder {
    let text = ByteWriter(capacity: 1024)
    var shapes = [TextShape()]
    var names = NameIndexBuilder()
    var rules: [ValueRule] = []
    var media: [MediaRule] = []
    var mediaParameters: [MediaParameter] = []
    private var owners: Int32 = 0

    /// Someone whose names are apart from all others'.
    func newOwner() -> Int32 {
        // Shapes are owners too, by their index.
        owners -= 1
        return owners
    }

    /// Adds a name below an owner unless it is there.
    func add(_ name: String, of owner: Int32, _ value: Int32) { names.add(name, add(name), of: owner, value) }

    func add(_ name: String) -> ByteRange {
        let start = text.count
        text.append(utf8: name)
        return ByteRange(start, text.count)
    }
}
