/// Who waits for which question: one call a question however many ask, a bounded number of calls, of questions and of askers.
struct QuestionBoard<Question: Hashable, Asker> {
    /// What is to be done about a question.
    enum Entry {
        /// It is under way or waits already.
        case joined
        /// It waits for a call to end.
        case queued
        /// The caller makes the call and says `finish` when it has ended.
        case begin
        /// There is no room; the asker was not taken.
        case refused
    }

    private let limits: AuthorityLimits
    private var askers: [Question: [Asker]] = [:]
    private var queue: [(question: Question, since: ContinuousClock.Instant)] = []
    /// The first of `queue` that has not begun.
    private var head = 0
    private var calls = 0
    /// How many wait for an answer.
    private(set) var waiting = 0

    init(limits: AuthorityLimits) { self.limits = limits }

    mutating func ask(_ question: Question, _ asker: Asker, now: ContinuousClock.Instant) -> Entry {
        guard waiting < limits.askers else { return .refused }
        guard askers[question] == nil else {
            askers[question]?.append(asker)
            waiting += 1
            return .joined
        }
        guard calls < limits.calls || queue.count - head < limits.questions else { return .refused }
        askers[question] = [asker]
        waiting += 1
        guard calls < limits.calls else {
            queue.append((question, now))
            return .queued
        }
        calls += 1
        return .begin
    }

    /// A call has ended: who waited for its question, and the question that takes its place, with the time it was asked.
    mutating func finish(_ question: Question) -> (askers: [Asker], next: (question: Question, since: ContinuousClock.Instant)?) {
        let those = askers.removeValue(forKey: question) ?? []
        waiting -= those.count
        guard head < queue.count else {
            calls -= 1
            return (those, nil)
        }
        let next = queue[head]
        head += 1
        if head == queue.count {
            queue.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= limits.questions {
            queue.removeFirst(head)
            head = 0
        }
        return (those, next)
    }

    /// Everybody who waits; nobody does afterwards. Calls under way end for nobody.
    mutating func dismissAll() -> [Asker] {
        let all = askers.values.flatMap { $0 }
        askers.removeAll()
        queue.removeAll()
        (head, waiting) = (0, 0)
        return all
    }
}
