import Health
import Testing

@Suite struct ComponentBoardTests {
    @Test("keeps configuration order whoever answers first, and leaves out who has not")
    func order() {
        var board = ComponentBoard(count: 3)
        board.record(.answered("c", latencyMs: 3), at: 2, now: 10)
        #expect(board.statuses.map(\.name) == ["c"])
        board.record(.answered("a", latencyMs: 1), at: 0, now: 20)
        #expect(board.statuses.map(\.name) == ["a", "c"])
        board.record(.answered("x", latencyMs: 1), at: 3, now: 30)
        board.record(.answered("x", latencyMs: 1), at: -1, now: 30)
        #expect(board.statuses.map(\.name) == ["a", "c"])
    }

    @Test("notes changes of state, not of latency or words")
    func changes() {
        var board = ComponentBoard(count: 1)
        board.record(.answered("a", latencyMs: 1), at: 0, now: 1)
        board.record(.answered("a", latencyMs: 7), at: 0, now: 2)
        board.record(.unreachable("a", error: "connection refused"), at: 0, now: 3)
        board.record(.unreachable("a", error: "no answer within the time-out"), at: 0, now: 4)
        board.record(.answered("a", latencyMs: 2001), at: 0, now: 5)
        let changes = board.changes(at: 0)
        #expect(changes.map(\.at) == [1, 3, 5])
        #expect(changes.map(\.from) == [nil, .healthy, .unhealthy])
        #expect(changes.map(\.to) == [.healthy, .unhealthy, .degraded])
        #expect(changes.map(\.error) == [nil, "connection refused", "response time > 2000ms"])
        #expect(board.statuses.map(\.latencyMs) == [2001])
    }

    @Test("keeps the last changes only")
    func bounded() {
        var board = ComponentBoard(count: 1)
        for now in 0..<100 {
            let isWell = now.isMultiple(of: 2)
            board.record(isWell ? .answered("a", latencyMs: 1) : .unreachable("a", error: "x"), at: 0, now: Int64(now))
        }
        #expect(board.changes(at: 0).map(\.at) == Array(84..<100))
    }

    @Test("writes everything for the admin listener")
    func json() {
        var board = ComponentBoard(count: 2)
        #expect(board.json == #"{"components":[]}"#)
        board.record(.answered("a", latencyMs: 1), at: 0, now: 5)
        board.record(.unreachable("a", error: "say \"no\"", isCritical: false), at: 0, now: 6)
        #expect(
            board.json
                == #"{"components":[{"name":"a","status":"unhealthy","latencyMs":null,"critical":false,"error":"say \"no\"","#
                + #""changes":[{"at":5,"from":null,"to":"healthy","error":null},"#
                + #"{"at":6,"from":"healthy","to":"unhealthy","error":"say \"no\""}]}]}"#)
    }
}
