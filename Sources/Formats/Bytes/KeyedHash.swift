/// A fast keyed 64-bit hash for tables whose keys a stranger chooses (wyhash construction: 64x64 -> 128 bit multiply and fold).
///
/// Not a cryptographic digest: a hit is always confirmed by comparing the whole key, and the seed is drawn at random
/// for each process so that collisions cannot be prepared.
public struct KeyedHash: Sendable {
    @usableFromInline let seed: UInt64

    /// A hash with the given seed; tests pass a constant, the process a random one.
    @inlinable
    public init(seed: UInt64) { self.seed = seed }

    @inlinable
    static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// The hash of the bytes.
    @inlinable
    public func callAsFunction(_ bytes: ByteView) -> UInt64 {
        var state = seed ^ 0xa076_1d64_78bd_642f
        var index = 0
        while index &+ 16 <= bytes.count {
            state = Self.fold(bytes.load8(at: index) ^ 0xe703_7ed1_a0b4_28db, bytes.load8(at: index &+ 8) ^ state)
            index &+= 16
        }
        if index &+ 8 <= bytes.count {
            state = Self.fold(bytes.load8(at: index) ^ 0x5899_65cc_7537_4cc3, state)
            index &+= 8
        }
        var tail: UInt64 = 0
        if index < bytes.count, bytes.count >= 8 {
            // The last eight bytes, some of them a second time: cheaper than the rest one by one.
            tail = bytes.load8(at: bytes.count &- 8)
        } else {
            while index < bytes.count {
                tail = tail << 8 | UInt64(bytes[index])
                index &+= 1
            }
        }
        state = Self.fold(tail ^ 0x8ebc_6af0_9c88_c6e3, state ^ 0x1d8e_4e27_c47d_124f)
        return Self.fold(state ^ UInt64(bytes.count), 0x8ebc_6af0_9c88_c6e3)
    }
}
