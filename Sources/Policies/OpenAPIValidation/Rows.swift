/// A table of plain values in memory of its own: read without counting references, freed by whoever made it.
struct Rows<Element: Sendable>: @unchecked Sendable {
    private let base: UnsafeMutablePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
        count = elements.count
        base = .allocate(capacity: max(1, elements.count))
        for (index, element) in elements.enumerated() { (base + index).initialize(to: element) }
    }

    /// The element at `index`; traps outside `0..<count`.
    subscript(index: Int) -> Element {
        @inline(__always) get {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            return base[index]
        }
    }

    func deallocate() {
        base.deinitialize(count: count)
        base.deallocate()
    }
}
