import Bytes
import GatewayCore
import HTTP1
import HTTPSemantics
import NIOCore
import ProblemDetails

/// The documents of the API's versions, on request.
extension Exchange {
    func respondDocuments() {
        guard let library = worker.shared.documents else { return fail(.notFound, "there are no documents") }
        guard let segment = request.capture(0).map({ String(request.path[$0]) }) else {
            return respond(with: library.index(of: worker.pipeline.snapshot))
        }
        guard let version = APIVersion(segment) else { return fail(.notFound, "there is no such version; /api-docs lists them") }
        guard let form = request.documentForm else {
            return fail(.notAcceptable, "a document is application/yaml or application/json")
        }
        let generation = generation
        worker.askDocument(library, version, form) { [self] result in
            guard generation == self.generation else { return }
            let client = client
            switch result {
            case .success(let document?): respond(with: document)
            case .success(nil): fail(.notFound, "there is no such version; /api-docs lists them")
            case .failure: fail(.internal, "the documents of this version cannot be put together; the gateway's log says why")
            }
            client?.drive()
        }
    }

    private func respond(with document: APIDocument) {
        let isHeld = document.tag.withByteView { request.holds($0) }
        guard claimAnswer(isHeld ? 304 : 200) else { return }
        client?.write(worker.answer(document, isHeld: isHeld, to: request, closes: mustCloseClient))
        finish()
    }
}

extension Worker {
    /// Asks for a document; `completed` is called on this loop.
    fileprivate func askDocument(
        _ library: any DocumentLibrary, _ version: APIVersion, _ form: DocumentForm,
        _ completed: @escaping (Result<APIDocument?, VersionFault>) -> Void
    ) {
        let resumption = NIOLoopBound(completed, eventLoop: loop)
        let bound = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        library.document(version, form, of: pipeline.snapshot) { result in
            loop.execute {
                bound.value.beginTurn()
                resumption.value(result)
            }
        }
    }

    fileprivate func answer(
        _ document: APIDocument, isHeld: Bool, to request: RequestContext, closes: Bool
    ) -> ByteBuffer {
        scratch.removeAll()
        document.tag.withByteView { tag in
            ClientResponseHead.writeDocument(
                contentType: ByteView(document.form.contentType), bodyCount: isHeld ? nil : document.bytes.count, tag: tag,
                isImmutable: document.isImmutable, request: request, closes: closes, date: date, to: scratch)
        }
        if !isHeld, request.head.method != .head { document.bytes.withByteView { scratch.append($0) } }
        defer { scratch.removeAll(keepingAtMost: Exchange.retainedBodyBytes) }
        return fill(scratch)
    }
}
