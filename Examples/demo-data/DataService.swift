import Foundation
import GRPCCore
import GRPCProtobuf
import SwiftProtobuf

/// `septem.data.v1.DataService`: checks the request, asks the store, says the outcome in gRPC's terms.
struct DataService: Septem_Data_V1_DataService.ServiceProtocol {
    /// What a page holds when the request does not say.
    static let defaultPageSize = 50
    static let maximumPageSize = 1000
    /// A record is a form's worth of data, not a file.
    static let maximumDataBytes = 256 * 1024

    let store: RecordStore

    func createRecord(
        request: ServerRequest<Septem_Data_V1_CreateRecordRequest>, context: ServerContext
    ) async throws -> ServerResponse<Septem_Data_V1_Record> {
        let caller = try Caller(request.metadata)
        let message = request.message
        let id = message.id.isEmpty ? UUID().uuidString.lowercased() : message.id
        let json = try message.data.jsonString()
        var violations = Violations()
        violations.checkPlace(message.module, message.model)
        violations.checkName(id, "id")
        violations.check(message.hasData, "data", "must be an object")
        violations.check(json.utf8.count <= Self.maximumDataBytes, "data", "must be at most \(Self.maximumDataBytes) bytes")
        try violations.throwIfAny()
        let key = RecordKey(collection: caller.collection(message.module, message.model), id: id)
        return try await respond { try await store.create(key, json: json, by: caller.user).message() }
    }

    func getRecord(
        request: ServerRequest<Septem_Data_V1_GetRecordRequest>, context: ServerContext
    ) async throws -> ServerResponse<Septem_Data_V1_Record> {
        let message = request.message
        let key = try key(request.metadata, message.module, message.model, message.id)
        return try await respond { try await store.get(key).message() }
    }

    func listRecords(
        request: ServerRequest<Septem_Data_V1_ListRecordsRequest>, context: ServerContext
    ) async throws -> ServerResponse<Septem_Data_V1_ListRecordsResponse> {
        let caller = try Caller(request.metadata)
        let message = request.message
        let sequence = PageToken.read(message.pageToken)
        let conditions = message.filter.map { Condition($0) }
        var violations = Violations()
        violations.checkPlace(message.module, message.model)
        violations.check(
            (0...Self.maximumPageSize).contains(Int(message.pageSize)), "page_size", "must be 0 to \(Self.maximumPageSize)")
        violations.check(sequence != nil, "page_token", "must be a next_page_token of this service")
        violations.check(!conditions.contains { $0 == nil }, "filter", "must be of the form member=value")
        try violations.throwIfAny()

        let size = message.pageSize == 0 ? Self.defaultPageSize : Int(message.pageSize)
        let place = caller.collection(message.module, message.model)
        return try await respond {
            // One record more than the page tells whether there is another page.
            let found = try await store.list(
                place, after: sequence ?? 0, where: conditions.compactMap { $0 }, limit: size + 1)
            var response = Septem_Data_V1_ListRecordsResponse()
            response.records = try found.prefix(size).map { try $0.message() }
            if found.count > size {
                response.nextPageToken = PageToken.make(after: found[size - 1].sequence)
            }
            return response
        }
    }

    func updateRecord(
        request: ServerRequest<Septem_Data_V1_UpdateRecordRequest>, context: ServerContext
    ) async throws -> ServerResponse<Septem_Data_V1_Record> {
        let message = request.message
        let key = try key(request.metadata, message.module, message.model, message.id)
        var violations = Violations()
        violations.check(message.hasData, "data", "must be an object")
        violations.check(message.expectedVersion >= 0, "expected_version", "must not be negative")
        try violations.throwIfAny()
        let expected = message.expectedVersion == 0 ? nil : message.expectedVersion
        return try await respond {
            try await store.update(key, expectedVersion: expected) { old in
                let merged = try merge(message.data, into: old)
                guard merged.utf8.count <= Self.maximumDataBytes else {
                    throw RPCError(code: .outOfRange, message: "the record would outgrow \(Self.maximumDataBytes) bytes")
                }
                return merged
            }
            .message()
        }
    }

    func deleteRecord(
        request: ServerRequest<Septem_Data_V1_DeleteRecordRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let message = request.message
        let key = try key(request.metadata, message.module, message.model, message.id)
        return try await respond {
            try await store.delete(key)
            return Google_Protobuf_Empty()
        }
    }

    private func key(_ metadata: Metadata, _ module: String, _ model: String, _ id: String) throws -> RecordKey {
        let caller = try Caller(metadata)
        var violations = Violations()
        violations.checkPlace(module, model)
        violations.checkName(id, "id")
        try violations.throwIfAny()
        return RecordKey(collection: caller.collection(module, model), id: id)
    }

    private func respond<Message>(_ work: () async throws -> Message) async throws -> ServerResponse<Message> {
        do {
            return ServerResponse(message: try await work())
        } catch StoreFault.alreadyExists {
            throw GoogleRPCStatus(
                code: .alreadyExists, message: "a record with this id exists",
                details: .errorInfo(reason: "RECORD_EXISTS", domain: "data.septemcore.com"))
        } catch StoreFault.notFound {
            throw GoogleRPCStatus(
                code: .notFound, message: "no such record",
                details: .errorInfo(reason: "RECORD_NOT_FOUND", domain: "data.septemcore.com"))
        } catch StoreFault.versionMismatch(let stored) {
            throw GoogleRPCStatus(
                code: .aborted, message: "the stored version is \(stored)",
                details: .errorInfo(
                    reason: "VERSION_MISMATCH", domain: "data.septemcore.com", metadata: ["version": "\(stored)"]))
        }
    }
}

extension Violations {
    mutating func checkPlace(_ module: String, _ model: String) {
        checkName(module, "module")
        checkName(model, "model")
    }
}

extension Caller {
    func collection(_ module: String, _ model: String) -> Collection {
        Collection(tenant: tenant, module: module, model: model)
    }
}

extension StoredRecord {
    /// The record as its protobuf message.
    func message() throws -> Septem_Data_V1_Record {
        var record = Septem_Data_V1_Record()
        record.module = module
        record.model = model
        record.id = id
        record.data = try Google_Protobuf_Struct(jsonString: json)
        record.createdAt = timestamp(createdAt)
        record.updatedAt = timestamp(updatedAt)
        record.createdBy = createdBy
        record.version = version
        return record
    }

    private func timestamp(_ milliseconds: Int64) -> Google_Protobuf_Timestamp {
        Google_Protobuf_Timestamp(seconds: milliseconds / 1000, nanos: Int32(milliseconds % 1000) * 1_000_000)
    }
}

/// `change` over the members of the JSON object `old`: a null member removes, any other replaces.
private func merge(_ change: Google_Protobuf_Struct, into old: String) throws -> String {
    var merged = try Google_Protobuf_Struct(jsonString: old)
    for (name, value) in change.fields {
        if case .nullValue = value.kind {
            merged.fields[name] = nil
        } else {
            merged.fields[name] = value
        }
    }
    return try merged.jsonString()
}
