import Files
import Foundation
import GatewayCore
import Logging
import Valkey

/// Which Valkey, and how it is spoken to: the same for all who do.
struct ValkeySettings: Sendable {
    let endpoint: ValkeyEndpoint
    let security: ValkeySecurity?
    private let passwordFile: String?
    private let certificateFiles: [String]

    /// Never repeats a part of the URL, which may hold a password; whether the server answers is not asked here.
    init(_ valkey: PlatformConfiguration.Valkey) throws(GatewayProcess.StartFault) {
        do {
            let password = try valkey.passwordFile.map { file in
                guard let password = Self.password(file) else {
                    throw GatewayProcess.StartFault.valkey("valkey.password_file: cannot read a password in \(file)")
                }
                return ValkeySecret(password)
            }
            endpoint = try ValkeyEndpoint(url: valkey.url, password: password)
            security =
                endpoint.usesTLS
                ? try ValkeySecurity(
                    authorities: valkey.certificateAuthorityFile, certificate: valkey.certificateFile, key: valkey.keyFile,
                    serverName: valkey.serverName) : nil
            passwordFile = valkey.passwordFile
            certificateFiles =
                endpoint.usesTLS
                ? [valkey.certificateAuthorityFile, valkey.certificateFile, valkey.keyFile].compactMap(\.self) : []
        } catch let fault as GatewayProcess.StartFault {
            throw fault
        } catch let error as ValkeyEndpointError {
            throw .valkey("valkey.url: \(error.message)")
        } catch {
            throw .valkey("valkey.tls: \(error)")
        }
    }

    /// Takes up new files until the task is cancelled. Connections that are there go on; those made from then on use them.
    func followFiles(_ logger: Logger) async {
        let files = [passwordFile].compactMap(\.self) + certificateFiles
        guard !files.isEmpty else { return }
        await FileWatcher(files).run(clock: ContinuousClock()) { changed in
            if let file = passwordFile, changed.contains(file) {
                if let password = Self.password(file) {
                    endpoint.password?.replace(password)
                    logger.notice("password of Valkey renewed", metadata: ["file": "\(file)"])
                } else {
                    logger.error("the password of Valkey stays: its file holds none", metadata: ["file": "\(file)"])
                }
            }
            guard let security, changed.contains(where: certificateFiles.contains) else { return }
            do {
                try security.renew()
                logger.notice("certificates towards Valkey renewed")
            } catch {
                logger.error("the certificates towards Valkey stay: \(error)")
            }
        }
    }

    private static func password(_ file: String) -> String? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines), !text.isEmpty
        else {
            return nil
        }
        return text
    }
}
