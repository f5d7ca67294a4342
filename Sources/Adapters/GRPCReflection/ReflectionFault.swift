/// Why a service's descriptors could not be had by reflection.
public struct ReflectionFault: Error, Hashable, Sendable {
    /// What went wrong; safe as a metric label.
    public enum Code: String, Sendable, CaseIterable {
        /// No connection could be made, or it broke off.
        case unavailable = "unavailable"
        /// The answer took longer than `ReflectionLimits.time`.
        case timeout = "timeout"
        /// The service has no reflection, neither v1 nor v1alpha.
        case unimplemented = "unimplemented"
        /// The service answered with an error.
        case refused = "refused"
        /// The answers are not what the protocol says.
        case malformed = "malformed"
        /// More than `ReflectionLimits` lets in.
        case tooLarge = "too-large"
        /// There is no service beside reflection and health checks.
        case noServices = "no-services"
        /// The trusted roots or the address cannot be used.
        case configuration = "configuration"
    }

    public let code: Code
    /// What happened, for the operator.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
