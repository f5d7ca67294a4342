/// Which members or elements of the values being checked some rule has looked at: one bit each, on a stack with a frame for every
/// value that `unevaluatedProperties` or `unevaluatedItems` asks about.
struct SchemaMarks: ~Copyable {
    private var words: UnsafeMutablePointer<UInt64>
    private var capacity = firstWords
    private var top = 0
    /// The frame that is written to.
    private(set) var frame = Frame()
    /// Whether an alternative failed while errors were collected, so that it is unknown what it would have looked at.
    var isUncertain = false

    private static let firstWords = 64
    /// Words kept between checks; what one huge value needed beyond them is given back.
    private static let retainedWords = 1 << 14

    struct Frame {
        var start = 0
        var count = 0
        /// Children of the value; 0 for no frame.
        var children = 0
    }

    init() { words = .allocate(capacity: capacity) }

    deinit { words.deallocate() }

    mutating func reset() {
        (top, frame, isUncertain) = (0, Frame(), false)
        guard capacity > Self.retainedWords else { return }
        words.deallocate()
        capacity = Self.firstWords
        words = .allocate(capacity: capacity)
    }

    /// Begins a frame without marks for a value with so many children; answers the one before, for `pop`.
    mutating func push(children: Int) -> Frame {
        let before = frame
        frame = Frame(start: top, count: (children &+ 63) >> 6, children: children)
        reserve(frame.count)
        (words + top).update(repeating: 0, count: frame.count)
        top &+= frame.count
        return before
    }

    /// Ends the frame.
    mutating func pop(to before: Frame) {
        top = frame.start
        frame = before
    }

    /// Copies the frame's marks, for `restore` and `drop`.
    mutating func save() {
        reserve(frame.count)
        (words + top).update(from: words + frame.start, count: frame.count)
        top &+= frame.count
    }

    /// Takes back every mark since the last copy.
    mutating func restore() {
        (words + frame.start).update(from: words + (top &- frame.count), count: frame.count)
    }

    /// Forgets the last copy.
    mutating func drop() { top &-= frame.count }

    mutating func mark(_ child: Int) {
        guard child < frame.children else { return }
        words[frame.start &+ child >> 6] |= 1 << UInt64(child & 63)
    }

    mutating func markAll() {
        guard frame.children > 0 else { return }
        (words + frame.start).update(repeating: .max, count: frame.count)
    }

    func isMarked(_ child: Int) -> Bool {
        child < frame.children && words[frame.start &+ child >> 6] & (1 << UInt64(child & 63)) != 0
    }

    private mutating func reserve(_ count: Int) {
        guard top &+ count > capacity else { return }
        let larger = max(top &+ count, capacity &* 2)
        let fresh = UnsafeMutablePointer<UInt64>.allocate(capacity: larger)
        fresh.update(from: words, count: top)
        words.deallocate()
        words = fresh
        capacity = larger
    }
}
