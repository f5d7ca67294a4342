/// What is to be done with a body, known from its `Content-Type` before the first byte of it arrives.
public struct BodyPlan: Sendable {
    /// What is checked.
    public enum Kind: UInt8, Sendable {
        /// Nothing: the body may pass as it comes.
        case unchecked
        /// JSON against its schema.
        case json
        /// A form as an object against its schema.
        case form, multipart
        /// Text as a string against its schema.
        case text
        /// The description has no such media type.
        case unsupported
    }

    public let kind: Kind
    /// The media type of the table; -1 when there is none.
    let media: Int

    /// Whether the check needs the whole body at once.
    public var needsWholeBody: Bool { kind != .unchecked && kind != .unsupported }

    public static let unchecked = BodyPlan(kind: .unchecked, media: -1)
    public static let unsupported = BodyPlan(kind: .unsupported, media: -1)
}
