import Bytes
import Foundation
import Protobuf
import Transcoding

/// Proto JSON by the gateway beside swift-protobuf's generated code, in one process and by turns.
///
/// usage: bench-protojson ORDERS.PB [ROUNDS]      a table, and exit 1 when a median ratio is below the floor
///        bench-protojson ORDERS.PB only NAME WAY COUNT     one way alone, for a profiler or a counter of allocations
let floor = 3.0
let nanosecondsPerTurn = 20_000_000

/// Nanoseconds of one of `count` calls.
@inline(never)
func cost(_ count: Int, _ body: () -> Int) -> Double {
    let start = processorTime()
    for _ in 0..<count where body() == 0 { exit(2) }
    return Double(processorTime() - start) / Double(count)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// Measures both ways by turns; answers the median ratio.
func compare(_ title: String, _ bytes: Int, _ rounds: Int, _ ours: () -> Int, _ theirs: () -> Int) -> Double {
    let few = max(1, Int(Double(nanosecondsPerTurn) / cost(3, theirs)))
    var costs: (ours: [Double], theirs: [Double]) = ([], [])
    for _ in 0..<rounds {
        costs.ours.append(cost(few * 3, ours))
        costs.theirs.append(cost(few, theirs))
    }
    let ratio = median(zip(costs.ours, costs.theirs).map { $1 / $0 })
    print(
        title.padding(toLength: 24, withPad: " ", startingAt: 0),
        String(format: "%8d B %12.0f ns %12.0f ns %7.2f x", bytes, median(costs.ours), median(costs.theirs), ratio))
    return ratio
}

func run<Generated>(_ subject: Subject<Generated>, _ rounds: Int) -> Double {
    min(
        compare("\(subject.name) JSON -> wire", subject.json.count, rounds, subject.encode, subject.encodeGenerated),
        compare("\(subject.name) wire -> JSON", subject.wire.count, rounds, subject.decode, subject.decodeGenerated))
}

func repeatOnly<Generated>(_ subject: Subject<Generated>, _ way: String, _ count: Int) {
    switch way {
    case "encode": _ = cost(count, subject.encode)
    case "decode": _ = cost(count, subject.decode)
    case "encode-generated": _ = cost(count, subject.encodeGenerated)
    default: _ = cost(count, subject.decodeGenerated)
    }
}

let arguments = CommandLine.arguments
guard arguments.count > 1, let set = try? Data(contentsOf: URL(filePath: arguments[1])),
    let descriptors = DescriptorPool.load(Array(set)).pool
else {
    print("usage: bench-protojson ORDERS.PB [ROUNDS]")
    exit(2)
}
let pool = CodecPool(descriptors)
guard let small = Subject("small", Payloads.item(1), pool), let typical = Subject("typical", Payloads.order(1), pool),
    let large = Subject("large", Payloads.page, pool)
else {
    print("the two do not agree on a message")
    exit(2)
}
if arguments.count > 5, arguments[2] == "only", let count = Int(arguments[5]) {
    switch arguments[3] {
    case "small": repeatOnly(small, arguments[4], count)
    case "typical": repeatOnly(typical, arguments[4], count)
    default: repeatOnly(large, arguments[4], count)
    }
    exit(0)
}
let rounds = arguments.count > 2 ? Int(arguments[2]) ?? 15 : 15
print("                              input       gateway  swift-protobuf    ratio")
let least = min(run(small, rounds), run(typical, rounds), run(large, rounds))
print(String(format: "least %.2f x, floor %.1f x", least, floor))
exit(least < floor ? 1 : 0)
