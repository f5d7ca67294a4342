public import Bytes

/// Combines the `tracestate` lines of one request into the value to send on (W3C Trace Context level 1, section 3.3).
///
/// A loop owns one and reuses it: call `removeAll`, `add` for each field line in order, then `finish`. Nothing is allocated in
/// steady state. A line that breaks the grammar, or a 33rd member, drops the whole value, as the recommendation asks.
public final class TraceState {
    /// Most members of a list (section 3.3.1.1).
    public static let mostMembers = 32
    /// The length sent on at most; section 3.3.1.5 asks to keep at least this much.
    public static let mostBytes = 512
    /// Members longer than this go first when the whole is too long (section 3.3.1.5).
    static let longMember = 128

    private let members: ByteWriter
    private let combined: ByteWriter
    private var ranges = InlineArray<32, ByteRange>(repeating: .empty)
    private var count = 0
    private var isValid = true

    public init() {
        members = ByteWriter(capacity: Self.mostBytes)
        combined = ByteWriter(capacity: Self.mostBytes)
    }

    /// Forgets the last request.
    public func removeAll() {
        members.removeAll()
        count = 0
        isValid = true
    }

    /// Takes in one field line's value.
    public func add(_ line: ByteView) {
        var start = 0
        while isValid, start <= line.count {
            let end = line.firstIndex(of: UInt8(ascii: ","), from: start) ?? line.count
            let member = line[start, end].trimmingBlanks
            if !member.isEmpty { append(member) }
            start = end &+ 1
        }
    }

    private func append(_ member: ByteView) {
        guard count < Self.mostMembers, TraceStateMember.isValid(member) else {
            isValid = false
            return
        }
        ranges[count] = ByteRange(members.count, members.count &+ member.count)
        members.append(member)
        count &+= 1
    }

    /// The value to send on, at most 512 bytes and valid until the next `finish`; nil when nothing is to be sent.
    public func finish() -> ByteView? {
        guard isValid, count > 0 else { return nil }
        shorten()
        combined.removeAll()
        for index in 0..<count where !ranges[index].isEmpty {
            if combined.count > 0 { combined.append(UInt8(ascii: ",")) }
            combined.append(members.view[ranges[index]])
        }
        return combined.count > 0 ? combined.view : nil
    }

    /// Drops long members from the end, then any from the end, until the rest fits.
    private func shorten() {
        var length = -1
        for index in 0..<count { length &+= ranges[index].count &+ 1 }
        for atLeast in [Self.longMember &+ 1, 1] {
            var index = count
            while length > Self.mostBytes, index > 0 {
                index &-= 1
                guard ranges[index].count >= atLeast else { continue }
                length &-= ranges[index].count &+ 1
                ranges[index] = .empty
            }
        }
    }
}
