public import GatewayCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Deprecated versions in a folder of this machine, or of all machines.
///
/// What is there is never replaced, also when two processes write at once.
public struct VersionFolder: VersionStore {
    public let place: String

    /// - Parameter path: need not exist; what is written creates it.
    public init(_ path: String) { place = path }

    public func read(_ name: String, maximumBytes: Int) throws(VersionFault) -> [UInt8]? {
        switch FileReader.read("\(place)/\(name)", maximumBytes: maximumBytes) {
        case .success(let (bytes, _)): return bytes
        case .failure(let fault) where fault.code == .missing: return nil
        case .failure(let fault): throw VersionFault(fault.message)
        }
    }

    public func create(_ name: String, _ bytes: [UInt8]) throws(VersionFault) -> Bool {
        do { return try DurableFile("\(place)/\(name)").create(bytes) } catch { throw VersionFault(error.message) }
    }

    public func replace(_ name: String, _ bytes: [UInt8]) throws(VersionFault) {
        do { try DurableFile("\(place)/\(name)").replace(bytes) } catch { throw VersionFault(error.message) }
    }

    /// Removes a file that may be there.
    public func remove(_ name: String) { unlink("\(place)/\(name)") }
}
