import ArgumentParser
import AuditRecords
import AuditSpool
import Bytes
import Foundation
import JSON

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks into the spool of an audit trail.", subcommands: [Verify.self, Export.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks every record of a spool.",
            discussion:
                "Exits 1 when there are bytes that are no records, 2 when the folder cannot be read. A running gateway is not disturbed."
        )

        @Argument(help: "The spool's folder.", completion: .directory)
        var folder: String
        @OptionGroup var output: OutputOptions

        func run() throws {
            let inspection = try Audit.inspect(folder)
            switch output.output {
            case .text: text(inspection)
            case .json: print(json(inspection))
            }
            guard inspection.isSound else { throw Exit.refused }
        }

        private func text(_ inspection: SpoolInspection) {
            for file in inspection.files {
                var line = "\(file.name): \(file.records) records"
                if let first = file.first, let last = file.last { line += ", \(Audit.time(first)) to \(Audit.time(last))" }
                if let fault = file.fault { line += "; \(fault)" }
                print(line)
                if file.damagedBytes > 0 {
                    let places = file.damages.map(String.init).joined(separator: ", ")
                    print("\(file.name): \(file.damagedBytes) bytes are no records, at byte \(places)")
                }
            }
            let state = inspection.isInUse ? "a running gateway has the spool" : "no gateway has the spool"
            print("\(inspection.records) records wait for the sink; \(state)")
        }

        private func json(_ inspection: SpoolInspection) -> String {
            let out = ByteWriter()
            out.append("{\"records\":")
            out.append(decimal: inspection.records)
            out.append(",\"in_use\":")
            out.append(inspection.isInUse ? "true" : "false")
            out.append(",\"sound\":")
            out.append(inspection.isSound ? "true" : "false")
            out.append(",\"files\":")
            out.append(objects: inspection.files) { file in
                out.append(member: "name", file.name)
                out.append(member: "records", file.records)
                out.append(member: "bytes", file.bytes)
                out.append(member: "damaged_bytes", file.damagedBytes)
                if let first = file.first { out.append(member: "first", Audit.time(first)) }
                if let last = file.last { out.append(member: "last", Audit.time(last)) }
                if let fault = file.fault { out.append(member: "fault", fault) }
            }
            out.append("}")
            return String(out.view)
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the records of a spool as JSON lines.", discussion: "They stay in the spool.")

        @Argument(help: "The spool's folder.", completion: .directory)
        var folder: String

        func run() throws {
            let out = ByteWriter()
            var json = AuditJSON()
            let inspection = try Audit.inspect(folder) { record in
                json.append(record, to: out)
                out.append("\n")
                if out.count > 64 << 10 { Self.flush(out) }
            }
            Self.flush(out)
            guard inspection.isSound else {
                print("the spool has bytes that are no records; see gateway audit verify", to: &Terminal.error)
                throw Exit.refused
            }
        }

        private static func flush(_ out: ByteWriter) {
            FileHandle.standardOutput.write(Data([UInt8](out.view)))
            out.removeAll()
        }
    }

    private static func inspect(_ folder: String, _ take: (ByteView) -> Void = { _ in }) throws -> SpoolInspection {
        do {
            return try SpoolInspection(folder: folder, take)
        } catch {
            print("\(error)", to: &Terminal.error)
            throw Exit.unreadable
        }
    }

    private static func time(_ milliseconds: Int64) -> String {
        let out = ByteWriter()
        var json = AuditJSON()
        json.append(timestamp: milliseconds, to: out)
        return String(out.view)
    }
}
