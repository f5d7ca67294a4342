import EnvoyAPI

/// The trace's identifier in a header between filters: Envoy's own answers can show headers, and nothing of the trace itself.
///
/// No service sees it, and what a client sends under its name is overwritten.
enum TraceHeader {
    static let name = "x-septem-edge-trace"
    /// For requests that were refused before any filter saw them, which have no trace: 32 digits of the time, which the access
    /// log shows too.
    static let substitute = "%START_TIME(%s%9f%s%3f)%"

    static var filter: Mutation_HeaderMutation {
        var mutation = Rules_HeaderMutation()
        mutation.append = .make(name, "%TRACE_ID%", .overwriteIfExistsOrAdd)
        var filter = Mutation_HeaderMutation()
        filter.mutations.requestMutations = [mutation]
        return filter
    }

    /// Whether a request has it.
    static var isPresent: Log_AccessLogFilter {
        var filter = Log_AccessLogFilter()
        filter.headerFilter.header.name = name
        filter.headerFilter.header.presentMatch = true
        return filter
    }
}
