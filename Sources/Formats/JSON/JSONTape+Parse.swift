public import Bytes

extension JSONTape {
    /// Reads one JSON text, replacing what the tape held; nil means it is well-formed and within `limits`.
    ///
    /// The tape keeps a reference to `bytes`: its accessors are valid while those bytes stay in place.
    public func parse(_ bytes: ByteView, limits: JSONLimits = .default) -> JSONFault? {
        count = 0
        self.bytes = .empty
        guard bytes.count <= limits.bytes else { return JSONFault(offset: limits.bytes, code: .tooLarge) }
        if capacity > Self.retainedNodes, bytes.count < Self.retainedNodes {
            resize(to: Self.firstNodes, keeping: 0)
            table?.deallocate()
            table = nil
            tableCapacity = 0
        }
        self.bytes = bytes
        open.begin(nodes, capacity: capacity, limits)
        var position = JSONPosition(next: nodes)
        let code = read(bytes, &position)
        count = position.next - nodes
        if code == nil, open.repeated <= 0 { return nil }
        let fault =
            code.map { JSONFault(offset: position.at, code: $0) }
            ?? JSONFault(offset: range(open.repeated).start, code: .duplicateName)
        count = 0
        self.bytes = .empty
        return fault
    }
}
