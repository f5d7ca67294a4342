import Bytes
import HTTPSemantics

/// What the `Connection` lines of one head say (RFC 9110 section 7.6.1).
struct ConnectionOptions {
    private(set) var closes = false
    private(set) var keepsAlive = false
    private(set) var upgrades = false

    /// Reads all `Connection` lines; the fault when an option is no token or there are too many.
    mutating func read(_ bytes: ByteView, _ fields: FieldTable, limit: Int) -> HTTP1Fault? {
        var next = fields.firstIndex(.connection)
        var options = 0
        while let index = next {
            let value = bytes[fields[index].value]
            // Nearly every line says one of these two.
            if value.equalsIgnoringCase("keep-alive") {
                keepsAlive = true
                options &+= 1
            } else {
                var elements = ListElements(value)
                while let option = elements.next() {
                    options &+= 1
                    guard ByteClass.token.matches(option) else { return .invalidConnectionOption }
                    guard options <= limit else { return .tooManyConnectionOptions }
                    note(option)
                }
            }
            guard options <= limit else { return .tooManyConnectionOptions }
            next = fields.isRepeated(.connection) ? fields.nextIndex(.connection, after: index) : nil
        }
        return nil
    }

    private mutating func note(_ option: ByteView) {
        switch option.count {
        case 5 where option.equalsIgnoringCase("close"): closes = true
        case 10 where option.equalsIgnoringCase("keep-alive"): keepsAlive = true
        case 7 where option.equalsIgnoringCase("upgrade"): upgrades = true
        default: break
        }
    }

    /// Whether the connection outlives the message (RFC 9112 section 9.3): `close` wins; HTTP/1.0 must ask to stay.
    func persists(minorVersion: UInt8) -> Bool { !closes && (minorVersion >= 1 || keepsAlive) }
}
