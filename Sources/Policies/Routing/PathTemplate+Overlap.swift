extension PathTemplate {
    /// The paths that both templates match, without variables; nil unless there are some and neither template is the more exact.
    ///
    /// `/{shop}/me` and `/users/{id}` both match `/users/me`; a request goes to the one whose literal stands first, which its
    /// writer may not have thought of. Templates with `**` are not judged: there the longer literal part is plain to see.
    public func ambiguity(with other: PathTemplate) -> PathTemplate? {
        guard segments.count == other.segments.count, verb == other.verb else { return nil }
        var isMoreExact = false
        var isLessExact = false
        for (left, right) in zip(segments, other.segments) {
            switch (left, right) {
            case (.rest, _), (_, .rest): return nil
            case (.literal, .single): isMoreExact = true
            case (.single, .literal): isLessExact = true
            default: guard left == right else { return nil }
            }
        }
        guard isMoreExact, isLessExact else { return nil }
        let common = zip(segments, other.segments).map { $0 == .single ? $1 : $0 }
        return PathTemplate(segments: common, verb: verb, variables: [])
    }
}
