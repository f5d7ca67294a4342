import Testing

@testable import GRPCAuthorities

@Suite("Who waits for which question")
struct QuestionBoardTests {
    /// A board that calls inside `#expect` can change.
    private final class Board {
        private var board: QuestionBoard<String, Int>

        init(limits: AuthorityLimits) {
            board = QuestionBoard(limits: limits)
        }

        var waiting: Int { board.waiting }
        func ask(_ question: String, _ asker: Int, now: ContinuousClock.Instant) -> QuestionBoard<String, Int>.Entry {
            board.ask(question, asker, now: now)
        }
        func finish(_ question: String) -> (askers: [Int], next: (question: String, since: ContinuousClock.Instant)?) {
            board.finish(question)
        }
        func dismissAll() -> [Int] { board.dismissAll() }
    }

    private static let now = ContinuousClock.now

    private static func board(calls: Int, questions: Int, askers: Int = 100) -> Board {
        var limits = AuthorityLimits()
        (limits.calls, limits.questions, limits.askers) = (calls, questions, askers)
        return Board(limits: limits)
    }

    @Test("one call a question, and everybody who asked is told, in order")
    func joins() {
        let board = Self.board(calls: 2, questions: 2)
        #expect(board.ask("a", 1, now: Self.now) == .begin)
        #expect(board.ask("a", 2, now: Self.now) == .joined)
        #expect(board.ask("b", 3, now: Self.now) == .begin)
        #expect(board.ask("a", 4, now: Self.now) == .joined)
        #expect(board.waiting == 4)
        let (askers, next) = board.finish("a")
        #expect(askers == [1, 2, 4] && next == nil && board.waiting == 1)
        #expect(board.ask("a", 5, now: Self.now) == .begin)
    }

    @Test("calls beyond the bound wait in order and are joined too; questions beyond theirs are refused")
    func queues() {
        let board = Self.board(calls: 1, questions: 2)
        let later = Self.now.advanced(by: .seconds(1))
        #expect(board.ask("a", 1, now: Self.now) == .begin)
        #expect(board.ask("b", 2, now: Self.now) == .queued)
        #expect(board.ask("c", 3, now: later) == .queued)
        #expect(board.ask("d", 4, now: later) == .refused)
        #expect(board.ask("c", 5, now: later) == .joined)
        #expect(board.waiting == 4)
        var (askers, next) = board.finish("a")
        #expect(askers == [1] && next?.question == "b" && next?.since == Self.now)
        #expect(board.ask("d", 4, now: later) == .queued)
        (askers, next) = board.finish("b")
        #expect(askers == [2] && next?.question == "c" && next?.since == later)
        (askers, next) = board.finish("c")
        #expect(askers == [3, 5] && next?.question == "d")
        (askers, next) = board.finish("d")
        #expect(askers == [4] && next == nil && board.waiting == 0)
        #expect(board.ask("e", 6, now: later) == .begin)
    }

    @Test("a queue that is never empty keeps its order and its bound")
    func steady() {
        let board = Self.board(calls: 1, questions: 3, askers: 1000)
        #expect(board.ask("0", 0, now: Self.now) == .begin)
        for number in 1...3 { #expect(board.ask("\(number)", number, now: Self.now) == .queued) }
        for number in 0..<500 {
            let (askers, next) = board.finish("\(number)")
            #expect(askers == [number] && next?.question == "\(number + 1)")
            #expect(board.ask("\(number + 4)", number + 4, now: Self.now) == .queued)
            #expect(board.ask("one too many", -1, now: Self.now) == .refused)
        }
        #expect(board.waiting == 4)
    }

    @Test("askers are bounded over all questions")
    func askers() {
        let board = Self.board(calls: 2, questions: 2, askers: 3)
        #expect(board.ask("a", 1, now: Self.now) == .begin)
        #expect(board.ask("a", 2, now: Self.now) == .joined)
        #expect(board.ask("b", 3, now: Self.now) == .begin)
        #expect(board.ask("a", 4, now: Self.now) == .refused)
        #expect(board.ask("c", 4, now: Self.now) == .refused)
        _ = board.finish("b")
        #expect(board.ask("a", 4, now: Self.now) == .joined)
    }

    @Test("after everybody is dismissed, calls under way end for nobody")
    func dismiss() {
        let board = Self.board(calls: 1, questions: 2)
        _ = board.ask("a", 1, now: Self.now)
        _ = board.ask("b", 2, now: Self.now)
        #expect(board.dismissAll().sorted() == [1, 2])
        #expect(board.waiting == 0)
        let (askers, next) = board.finish("a")
        #expect(askers.isEmpty && next == nil && board.waiting == 0)
    }
}
