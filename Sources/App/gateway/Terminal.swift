import Foundation

/// Where messages for people go, so that standard output holds results alone.
enum Terminal {
    struct StandardError: TextOutputStream {
        mutating func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
    }

    nonisolated(unsafe) static var error = StandardError()
}
