public import Bytes

/// One question about up to four buckets that a request needs tokens of, on behalf of all requests that need the same.
public final class LimitAsk: Equatable {
    /// What is asked about one bucket, and what is answered.
    public struct Bucket {
        /// The units it is counted in.
        public internal(set) var rate: SharedRate
        /// Tokens wanted beyond those that `requests` need, as far as there are.
        public internal(set) var extra: Int
        /// Most units it can hold as far as the asker knows; a bucket that claims more has forgotten something.
        public internal(set) var most: Int64
        var hash: UInt64
        var key: ByteRange
        var granted: Int
        var level: Int64
    }

    /// Most buckets of one question.
    public static let mostBuckets = 4
    /// Longest name in a key; a longer one is replaced by its hash.
    static let longestName = 256

    let index: Int
    private var generation = 0
    /// Names the question until it is answered.
    public var tag: Int { generation << 16 | index }
    /// Tokens needed of every bucket alike, each of all of them or of none: one for most requests; 0 when only `extra` is wanted.
    public internal(set) var requests = 0
    /// Buckets asked about.
    public private(set) var count = 0
    private let buckets: UnsafeMutablePointer<Bucket>
    private let keys = ByteWriter(capacity: 128)
    var waiting = WaitList()
    /// How many were told to wait for it.
    var waiters = 0
    /// Written and not yet sent: more requests may join.
    var isOpen = false
    var isUnderWay = false
    var isFree = true
    /// It failed, and is asked again, for nothing, until it is answered.
    var isProbe = false
    /// Nanoseconds at which it was sent.
    var sent: UInt64 = 0

    init(index: Int) {
        self.index = index
        buckets = .allocate(capacity: Self.mostBuckets)
    }

    deinit { buckets.deallocate() }

    /// A bucket asked about; traps outside `0..<count`.
    public internal(set) subscript(position: Int) -> Bucket {
        get {
            precondition(position >= 0 && position < count)
            return buckets[position]
        }
        set {
            precondition(position >= 0 && position < count)
            buckets[position] = newValue
        }
    }

    /// The bucket's key, valid until the question is answered. Keys of one question with the same tag are in one slot of a cluster.
    public func key(_ position: Int) -> ByteView { keys.view[self[position].key] }

    /// Resumes the request when the question is answered or has failed; for whoever was just told to wait for it.
    public func add(_ request: any Waiting, generation: UInt32) { waiting.add(request, generation: generation) }

    /// Writes down the answer for a bucket: tokens granted and units left. False when it cannot be true.
    public func reply(_ position: Int, granted: Int64, level: Int64) -> Bool {
        guard position >= 0, position < count else { return false }
        let bucket = buckets[position]
        guard granted >= 0, granted <= Int64(requests + bucket.extra), level >= 0, level <= bucket.rate.capacity else {
            return false
        }
        buckets[position].granted = Int(granted)
        buckets[position].level = level
        return true
    }

    /// Whether both are one object.
    public static func == (lhs: LimitAsk, rhs: LimitAsk) -> Bool { lhs === rhs }

    func open() {
        generation = (generation + 1) & 0x7fff_ffff
        (requests, count) = (0, 0)
        (isOpen, isUnderWay, isFree, isProbe) = (true, false, false, false)
        keys.removeAll()
    }

    func close() {
        (isOpen, isUnderWay, isFree) = (false, false, true)
        generation = (generation + 1) & 0x7fff_ffff
    }

    func add(_ limit: Limit, hash: UInt64, tag: ByteView, name: ByteView) {
        guard count < Self.mostBuckets else { return }
        let start = keys.count
        keys.append("limit:{")
        append(tag, isTag: true)
        keys.append("}:")
        limit.scope.withByteView { keys.append($0) }
        if !name.isEmpty {
            keys.append(UInt8(ascii: ":"))
            append(name, isTag: false)
        }
        let bucket = Bucket(
            rate: limit.shared, extra: 0, most: 0, hash: hash, key: ByteRange(start, keys.count), granted: 0, level: 0)
        (buckets + count).initialize(to: bucket)
        count += 1
    }

    /// Whether it asks for this bucket among others.
    func asks(for hash: UInt64) -> Bool {
        for index in 0..<count where buckets[index].hash == hash { return true }
        return false
    }

    /// Whether it asks for exactly the buckets that are missing.
    func asks(for terms: UnsafePointer<SharedLimiter.Term>, count: Int) -> Bool {
        var position = 0
        for index in 0..<count where terms[index].way == .missing {
            guard position < self.count, buckets[position].hash == terms[index].hash else { return false }
            position += 1
        }
        return position == self.count
    }

    private func append(_ text: ByteView, isTag: Bool) {
        if text.count > Self.longestName {
            // The same in every process, hence constant seeds; whoever finds two names with the same shares a bucket with himself.
            keys.append("%#")
            keys.append(hex: KeyedHash(seed: 0x5eed_0001)(text))
            keys.append(hex: KeyedHash(seed: 0x5eed_0002)(text))
            return
        }
        // An empty tag is none, and a brace would end it: the slot would be anyone's to choose.
        if isTag && text.isEmpty { keys.append("%") }
        for index in 0..<text.count {
            switch text[index] {
            case UInt8(ascii: "{") where isTag: keys.append("%7B")
            case UInt8(ascii: "}") where isTag: keys.append("%7D")
            case UInt8(ascii: "%"): keys.append("%25")
            case let byte: keys.append(byte)
            }
        }
    }
}
