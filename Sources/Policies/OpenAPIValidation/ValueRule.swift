import Bytes
import HTTPSemantics
import OpenAPI

/// One value of a request or an answer that is written as text: a parameter, a header, a member of a form.
struct ValueRule: Sendable {
    enum Place: UInt8, Sendable {
        case path, query, header, cookie
        /// A member of an urlencoded form.
        case form
        /// A part of a multipart body.
        case part
    }

    /// How the value is written.
    enum Form: UInt8, Sendable {
        /// By its style.
        case styled
        /// Texts as they are; what is no text as JSON, one value for each element of a list.
        case plain
        /// As one JSON text.
        case json
        /// As text of a media type that is not looked into.
        case opaque
    }

    var name: ByteRange
    var place: Place
    var form = Form.styled
    var style = OpenAPIParameter.Style.form
    var explodes = false
    var isRequired = false
    var allowsReserved = false
    var allowsEmptyValue = false
    /// Whether every text is a value.
    var isAnyText = false
    var shape = TextShape.text
    /// The schema's entry in the program; -1 when there is none.
    var entry: Int32 = -1
    /// Which of the path's variables it is.
    var capture = -1
    /// The header it is, when the gateway knows its name.
    var field = FieldName.other
    /// The media types that a part may have.
    var mediaTypes = Run()
    /// The headers that a part may have.
    var headers = Run()

    /// Whether its members are the names of pairs themselves.
    func takesNames(_ shape: TextShape) -> Bool {
        form == .styled && style == .form && explodes && shape.types.contains(.object) && !shape.types.contains(.array)
    }
}

/// A run of entries in a table.
struct Run: Sendable {
    var start: Int32 = 0
    var count: Int32 = 0

    var indices: Range<Int> { Int(start)..<Int(start &+ count) }
}
