import SwiftProtobuf

/// The features in force at one place of a file: syntax or edition defaults, overridden on the way in.
struct FeatureSettings {
    enum Presence { case explicit, implicit, required }

    var presence: Presence
    var isPacked: Bool
    var hasClosedEnums: Bool
    var isDelimited: Bool
    var validatesUTF8: Bool

    static let proto2 = FeatureSettings(
        presence: .explicit, isPacked: false, hasClosedEnums: true, isDelimited: false, validatesUTF8: false)
    static let proto3 = FeatureSettings(
        presence: .implicit, isPacked: true, hasClosedEnums: false, isDelimited: false, validatesUTF8: true)
    static let edition2023 = FeatureSettings(
        presence: .explicit, isPacked: true, hasClosedEnums: false, isDelimited: false, validatesUTF8: true)

    /// The defaults of a file, or nil when its syntax or edition is not one we know.
    static func defaults(of file: Google_Protobuf_FileDescriptorProto) -> FeatureSettings? {
        switch file.syntax {
        case "", "proto2": file.hasEdition && file.syntax.isEmpty ? defaults(of: file.edition) : proto2
        case "proto3": proto3
        case "editions": defaults(of: file.edition)
        default: nil
        }
    }

    private static func defaults(of edition: Google_Protobuf_Edition) -> FeatureSettings? {
        switch edition {
        case .proto2: proto2
        case .proto3: proto3
        case .edition2023, .edition2024: edition2023
        default: nil
        }
    }

    func overridden(by features: Google_Protobuf_FeatureSet) -> FeatureSettings {
        var result = self
        switch features.fieldPresence {
        case .explicit: result.presence = .explicit
        case .implicit: result.presence = .implicit
        case .legacyRequired: result.presence = .required
        default: break
        }
        switch features.repeatedFieldEncoding {
        case .packed: result.isPacked = true
        case .expanded: result.isPacked = false
        default: break
        }
        switch features.enumType {
        case .open: result.hasClosedEnums = false
        case .closed: result.hasClosedEnums = true
        default: break
        }
        switch features.messageEncoding {
        case .lengthPrefixed: result.isDelimited = false
        case .delimited: result.isDelimited = true
        default: break
        }
        switch features.utf8Validation {
        case .verify: result.validatesUTF8 = true
        case .none: result.validatesUTF8 = false
        default: break
        }
        return result
    }
}
