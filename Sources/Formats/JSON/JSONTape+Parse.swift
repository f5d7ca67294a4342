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
        var parser = JSONParser(tape: self, bytes: bytes, limits: limits)
        if let code = parser.run() { return JSONFault(offset: parser.at, code: code) }
        count = parser.count
        self.bytes = bytes
        guard limits.rejectDuplicateNames, let second = firstDuplicateName() else { return nil }
        let fault = JSONFault(offset: range(second).start, code: .duplicateName)
        count = 0
        self.bytes = .empty
        return fault
    }
}
