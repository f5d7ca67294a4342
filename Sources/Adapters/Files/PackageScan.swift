import Foundation
import GatewayCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The files of one package as a look sees them, without reading any.
struct PackageScan: Equatable {
    /// Why a package is not read.
    struct Fault: Equatable {
        let code: String
        let message: String
    }

    /// By path inside the package.
    private(set) var stamps: [String: FileStamp] = [:]
    private(set) var bytes: Int64 = 0
    private(set) var fault: Fault?
    private let root: String

    /// Nil for what is no package: no folder, or one without a manifest.
    init?(folder: String) {
        guard FileManager.default.fileExists(atPath: "\(folder)/\(ModulePackage.manifestName)"), let root = Self.real(folder)
        else {
            return nil
        }
        self.root = root
        walk("", depth: 1)
    }

    /// Looks at one folder of the package; `inside` is empty or ends with a slash.
    private mutating func walk(_ inside: String, depth: Int) {
        guard depth <= ModuleLimits.depth else {
            return refuse("package-too-deep", "\(inside) lies deeper than \(ModuleLimits.depth) folders")
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(inside)") else {
            return refuse("unreadable-file", "\(inside) cannot be read")
        }
        for name in names.sorted() where !name.hasPrefix(".") && fault == nil {
            var status = stat()
            guard lstat("\(root)/\(inside)\(name)", &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: walk("\(inside)\(name)/", depth: depth + 1)
            case S_IFREG: add(inside + name, status)
            case S_IFLNK: follow(inside + name)
            default: refuse("file-not-regular", "\(inside)\(name) is neither a file nor a folder")
            }
        }
    }

    /// A link to a file of the same package is that file, as in volumes of Kubernetes; any other is refused.
    private mutating func follow(_ file: String) {
        var status = stat()
        guard let target = Self.real("\(root)/\(file)"), target.hasPrefix(root + "/"), stat(target, &status) == 0,
            status.st_mode & S_IFMT == S_IFREG
        else { return refuse("link-outside-package", "\(file) is a link to something other than a file of the package") }
        add(file, status)
    }

    private mutating func add(_ file: String, _ status: stat) {
        stamps[file] = FileStamp(status)
        bytes += Int64(status.st_size)
        if stamps.count > ModuleLimits.files {
            refuse("package-too-large", "the package has more than \(ModuleLimits.files) files")
        } else if bytes > ModuleLimits.packageBytes {
            refuse("package-too-large", "the package has more than \(ModuleLimits.packageBytes) bytes")
        }
    }

    private mutating func refuse(_ code: String, _ message: String) {
        if fault == nil { fault = Fault(code: code, message: message) }
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
