import Bytes
import HTTP1

/// A normalised target normalises to itself, holds no dot segment in any spelling, and never becomes longer.
func fuzz(_ input: ByteView) {
    let scratch = ByteWriter()
    guard case .success(let once) = TargetNormaliser.normalise(input, ByteRange(0, input.count), into: scratch) else { return }
    var path = Array((once.isRewritten ? scratch.view : input)[once.path])
    expect(path.first == UInt8(ascii: "/"), "a path starts with a slash")
    expect(path.count <= max(1, input.count), "a path never becomes longer")
    let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    for segment in segments {
        expect(!segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8), "no dot segment is left")
    }
    let length = path.count
    if let query = once.query {
        path.append(UInt8(ascii: "?"))
        path += Array(input[query])
    }
    path.withByteView { again in
        let unused = ByteWriter()
        guard case .success(let twice) = TargetNormaliser.normalise(again, ByteRange(0, again.count), into: unused) else {
            return expect(false, "what was normalised is accepted")
        }
        let result = (twice.isRewritten ? unused.view : again)[twice.path]
        expect(result == again[0, length], "normalising twice is normalising once")
    }
}
