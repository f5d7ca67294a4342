import Bytes

let probe = Probe()
let input = LineReader(descriptor: 0)
let output = LineWriter(descriptor: 1)

reading: while true {
    switch input.next() {
    case .line(let line): output.write(probe.answer(line))
    case .tooLong: output.write(probe.refusal("the line is longer than \(LineReader.maximumBytes) bytes"))
    case .end: break reading
    }
}
