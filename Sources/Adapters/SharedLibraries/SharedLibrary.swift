import Foundation

/// A C library that is opened while the gateway runs, because only what is configured needs it.
///
/// The program builds and starts without it, and says which package holds it when it is missing (docs/decisions/0020).
public final class SharedLibrary: @unchecked Sendable {
    // Unchecked: the handle is only ever passed on. A library stays for the life of the process: threads of its own may run in it.
    private let handle: UnsafeMutableRawPointer
    /// The file, as it was opened.
    public let name: String

    /// Where a library is found and what it is called.
    public struct Description: Sendable, Hashable {
        /// Its file as the system's loader knows it.
        public let file: String
        /// Environment variable that names another file.
        public let variable: String
        /// Debian's package.
        public let package: String

        public init(file: String, variable: String, package: String) {
            (self.file, self.variable, self.package) = (file, variable, package)
        }
    }

    /// Why a library cannot be used.
    public enum Fault: Error, Sendable, Hashable, CustomStringConvertible {
        /// It is not there, or is none.
        case missing(Description, reason: String)
        /// It is another version than this was written for.
        case symbol(String, file: String)

        public var description: String {
            switch self {
            case .missing(let library, let reason):
                "\(reason); install \(library.package) or name the file with \(library.variable)"
            case .symbol(let name, let file): "\(file) has no function \(name)"
            }
        }
    }

    /// Opens the library that `description` tells of.
    public init(_ description: Description) throws(Fault) {
        let named = ProcessInfo.processInfo.environment[description.variable].flatMap { $0.isEmpty ? nil : $0 }
        name = named ?? description.file
        guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            throw .missing(description, reason: dlerror().map { String(cString: $0) } ?? "\(name) cannot be opened")
        }
        self.handle = handle
    }

    /// The function of a name; `Function` must be a C function type with the signature that the library's header gives it.
    public func function<Function>(_ name: String, as type: Function.Type = Function.self) throws(Fault) -> Function {
        guard let symbol = dlsym(handle, name), MemoryLayout<Function>.size == MemoryLayout<UnsafeRawPointer>.size else {
            throw .symbol(name, file: self.name)
        }
        // A C function is its address; the loader knows no types.
        return withUnsafeBytes(of: symbol) { $0.load(as: Function.self) }
    }
}
