import Bytes
import GatewayCore
import HTTP1
import HTTPSemantics
import Health
import NIOCore
import ProblemDetails

/// Answers the gateway writes itself.
extension Exchange {
    /// Answers with a problem document that needs no more than a slug and a sentence.
    func fail(_ slug: ProblemSlug, _ detail: StaticString) {
        request.reject(slug, detail)
        respondProblem()
    }

    /// Answers with the problem the request holds.
    func respondProblem() {
        guard let problem = request.problem else { return fail(.internal, "a refused request had no problem") }
        if request.explanation == nil { worker.counters.problem(problem.slug) }
        if request.isMalformed { mustCloseClient = true }
        if request.grpcForm != nil { return respondStatus(problem) }
        responseBody.removeAll()
        request.writeProblem(problem, to: responseBody)
        respond(status: problem.status, contentType: ByteView("application/problem+json"), problem: problem)
    }

    /// Answers with the JSON in `responseBody`.
    func respondJSON(status: Int) { respond(status: status, contentType: ByteView("application/json"), problem: nil) }

    /// Answers 200 with the bytes in `responseBody` under the media type in `rawType`.
    func respondRaw() { respond(status: 200, contentType: rawType.view, problem: nil) }

    /// Answers one of the operational endpoints.
    func respondOperational(_ endpoint: OperationalEndpoint) {
        let answer = worker.shared.answer(endpoint)
        responseBody.removeAll()
        answer.body.withByteView { responseBody.append($0) }
        respond(status: answer.status, contentType: ByteView(HealthAnswer.contentType), problem: nil)
    }

    /// Answers with the page of a kind of problem, or the list of them.
    func respondProblemPage() {
        guard let template = request.operation?.template else { return }
        let text: String
        if let range = request.capture(0) {
            let kind = String(request.path[range])
            guard let page = ProblemPage.all.first(where: { "\($0.slug.text)" == kind }) else {
                return fail(.notFound, "there is no such kind of problem")
            }
            text = page.html(at: String(template.dropLast(Operation.problemKind.count)))
        } else {
            text = ProblemPage.index(at: template)
        }
        responseBody.removeAll()
        text.withByteView { responseBody.append($0) }
        respond(status: 200, contentType: ByteView("text/html; charset=utf-8"), problem: nil)
    }

    /// Answers a preflight. Why one is refused is nobody's business: the page may not even know that the path exists.
    func respondPreflight() {
        guard request.allowsPreflight else { return fail(.forbidden, "pages of this origin may not send this request") }
        guard claimAnswer(204) else { return }
        client?.write(worker.preflightAnswer(to: request, closes: mustCloseClient))
        finish()
    }

    private func respond(status: Int, contentType: ByteView, problem: Problem?) {
        guard claimAnswer(status) else { return }
        client?.write(
            worker.answer(
                status, contentType, responseBody.view, to: request, problem: problem, closes: mustCloseClient))
        finish()
    }

    /// False when another answer was begun: then both end.
    func claimAnswer(_ status: Int) -> Bool {
        guard !isAnswerStarted else {
            abort()
            return false
        }
        isAnswerStarted = true
        responseProgress = .complete
        self.status = status
        // What is left of a refused body would be read as the next request.
        if !isRequestComplete { mustCloseClient = true }
        return true
    }
}
