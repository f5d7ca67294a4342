import EnvoyAPI
import GatewayCore
import SwiftProtobuf

/// Compresses answers with brotli or gzip, as clients accept them.
enum CompressionFilters {
    private static let types = [
        "application/json", "application/problem+json", "application/yaml", "application/x-ndjson", "text/html", "text/plain",
        "text/css", "text/csv", "application/javascript", "image/svg+xml",
    ]
    /// Of 11: beyond it brotli costs more time than it saves bytes.
    private static let brotliQuality: UInt32 = 4

    static func make(_ settings: PlatformConfiguration.Envoy.Compression) -> [(String, Compress_Compressor)] {
        var brotli = Brotli_Brotli()
        brotli.quality = .init(brotliQuality)
        return [
            ("brotli", compressor("envoy.compression.brotli.compressor", Wire.any(brotli), settings)),
            ("gzip", compressor("envoy.compression.gzip.compressor", Wire.any(Gzip_Gzip()), settings)),
        ].map { ("envoy.filters.http.compressor.\($0.0)", $0.1) }
    }

    private static func compressor(
        _ name: String, _ library: Google_Protobuf_Any, _ settings: PlatformConfiguration.Envoy.Compression
    ) -> Compress_Compressor {
        var compressor = Compress_Compressor()
        compressor.compressorLibrary.name = name
        compressor.compressorLibrary.typedConfig = library
        compressor.responseDirectionConfig.commonConfig.enabled.defaultValue = .init(true)
        compressor.responseDirectionConfig.commonConfig.enabled.runtimeKey = RuntimeResource.compressionKey
        compressor.responseDirectionConfig.commonConfig.minContentLength = .init(UInt32(settings.minimumBytes))
        compressor.responseDirectionConfig.commonConfig.contentTypeMatcher = types.map { type in
            var matcher = Match_StringMatcher()
            // Parameters may follow.
            matcher.prefix = type
            return matcher
        }
        // A strong tag names these very bytes.
        compressor.responseDirectionConfig.disableOnEtagHeader = true
        compressor.chooseFirst = name.contains("brotli")
        return compressor
    }
}
