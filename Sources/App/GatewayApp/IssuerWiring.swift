import AsyncHTTPClient
import Files
import GatewayCore
import HTTPClients
import Logging
import TokenVerification

/// Issuers of a configuration as the key store wants them.
enum IssuerWiring {
    static func issuers(of configuration: PlatformConfiguration, client: HTTPClient) -> [KeyStore.Issuer] {
        configuration.issuers.map { issuer in
            KeyStore.Issuer(
                IssuerRule(
                    issuer: issuer.issuer, audiences: issuer.audiences, algorithms: issuer.algorithms,
                    tenantClaim: issuer.tenantClaim, rolesClaim: issuer.rolesClaim),
                source(of: issuer, client: client))
        }
    }

    private static func source(of issuer: PlatformConfiguration.Issuer, client: HTTPClient) -> KeySource {
        switch issuer.keys {
        case .file(let path):
            let watched = WatchedFile(path)
            return KeySource(id: "file:" + path, times: KeySource.localTimes) {
                watched.contentsIfChanged().mapError { KeySourceFault(.file, $0.message) }
            }
        case .url(let url):
            let seconds = issuer.refresh.components.seconds
            return .url(url, JWKSFetcher(client: client), times: KeyRefreshPolicy.Times(refresh: max(1, seconds) * 1000))
        }
    }
}

/// What becomes of key loads, in the log.
enum KeyEventLog {
    static func write(_ event: KeyStore.Event, to logger: Logger) {
        switch event {
        case .loaded(let issuer, let keys, let findings):
            logger.info("keys loaded", metadata: ["issuer": "\(issuer)", "keys": "\(keys)"])
            for finding in findings { logger.warning("key skipped: \(finding)", metadata: ["issuer": "\(issuer)"]) }
        case .failed(let issuer, let keys, let fault):
            logger.warning(
                "keys not loaded, those held stay: \(fault.message)", metadata: ["issuer": "\(issuer)", "keys": "\(keys)"])
        }
    }
}
