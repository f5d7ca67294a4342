import Bytes

/// An immutable table of plain values, read without reference counting.
struct FixedTable<Element: BitwiseCopyable>: @unchecked Sendable {
    fileprivate let base: UnsafeMutablePointer<Element>
    let count: Int

    /// A copy of the elements; the owner calls `deallocate` once.
    init(_ elements: [Element]) {
        count = elements.count
        base = .allocate(capacity: max(1, elements.count))
        for (index, element) in elements.enumerated() { (base + index).initialize(to: element) }
    }

    func deallocate() { base.deallocate() }

    /// Where an element is, so that of a large one only the fields are read that are needed; traps outside `0..<count`.
    @inline(__always)
    func place(_ index: Int32) -> UnsafePointer<Element> {
        precondition(UInt32(bitPattern: index) < UInt32(truncatingIfNeeded: count))
        return UnsafePointer(base + Int(index))
    }

    /// Where a run of elements begins; traps when it does not lie inside the table.
    @inline(__always)
    func start(of run: Run) -> UnsafePointer<Element> {
        precondition(run.start >= 0 && run.count >= 0 && Int(run.start) &+ Int(run.count) <= count)
        return UnsafePointer(base + Int(run.start))
    }

    /// Traps outside `0..<count`.
    @inline(__always)
    subscript(index: Int32) -> Element {
        precondition(UInt32(bitPattern: index) < UInt32(truncatingIfNeeded: count))
        return base[Int(index)]
    }
}

extension FixedTable where Element == UInt8 {
    /// All bytes of the table.
    var whole: ByteView { ByteView(base, count) }
}
