// swift-tools-version: 6.2
import PackageDescription

// The floors of the house (docs/architecture.md): a target may depend only on targets of the floors below its own, and inside
// `Formats` only along the arrows written here. `make lint` holds every import against this drawing.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    // The hot path's state is confined to one event loop; the dynamic checks cost 29 % of a request's instructions
    // (docs/decisions/0002). Bounds and overflow checks stay on: `-Ounchecked` is never used.
    .unsafeFlags(["-enforce-exclusivity=unchecked", "-cross-module-optimization"], .when(configuration: .release)),
]

func floor(_ folder: String, _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(folder)/\(name)", exclude: exclude, swiftSettings: settings)
}

func program(_ path: String, _ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(_ folder: String, _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(folder)/\(name)Tests", exclude: exclude,
        swiftSettings: settings)
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
]
let crypto: [Target.Dependency] = [
    .product(name: "Crypto", package: "swift-crypto"), .product(name: "CryptoExtras", package: "swift-crypto"),
]

let package = Package(
    name: "septem-gateway",
    platforms: [.macOS(.v26)],
    products: [.executable(name: "gateway", targets: ["gateway"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.0.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Formats: bytes in, values out. No I/O, no clock.
        floor("Formats", "Bytes"),
        floor("Formats", "HTTPSemantics", ["Bytes"]),
        floor("Formats", "HTTP1", ["Bytes", "HTTPSemantics"]),
        floor("Formats", "HTTP2", ["Bytes"]),
        floor("Formats", "JSON", ["Bytes"]),
        floor("Formats", "Documents", ["Bytes", "JSON", .product(name: "Yams", package: "Yams")]),
        floor("Formats", "Patterns", ["Bytes"]),
        floor("Formats", "StringFormats", ["Bytes", "Patterns"]),
        floor("Formats", "JSONSchema", ["Bytes", "JSON", "Documents", "Patterns", "StringFormats"]),
        floor("Formats", "OpenAPI", ["Bytes", "HTTPSemantics", "Documents"]),
        floor("Formats", "OpenAPIDiff", ["Documents", "HTTPSemantics", "OpenAPI"]),
        floor("Formats", "OpenAPIPatch", ["Documents", "HTTPSemantics", "OpenAPI"]),
        floor("Formats", "OpenAPIMerge", ["Documents", "OpenAPI"]),
        floor("Formats", "Protobuf", ["Bytes", .product(name: "SwiftProtobuf", package: "swift-protobuf")]),
        floor("Formats", "ProblemDetails", ["Bytes", "HTTPSemantics", "JSON"]),
        floor("Formats", "RESP", ["Bytes"]),
        floor("Formats", "AuditRecords", ["Bytes", "JSON"]),
        floor("Formats", "ControlMessages", ["Bytes", "Protobuf"]),
        floor("Formats", "EnvoyAPI", [.product(name: "SwiftProtobuf", package: "swift-protobuf")], exclude: ["Protos"]),

        .systemLibrary(name: "CZlib", path: "Sources/System/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Policies: one rule of the gateway each, as pure machines.
        floor("Policies", "Routing", ["Bytes", "HTTPSemantics"]),
        floor("Policies", "TokenVerification", ["Bytes", "JSON"] + crypto),
        floor("Policies", "Permissions", ["Bytes"]),
        floor("Policies", "Plans", ["Bytes", "JSON", "ProblemDetails"]),
        floor("Policies", "RateLimiting", ["Bytes"]),
        floor("Policies", "CircuitBreaking", ["Bytes"]),
        floor("Policies", "CORS", ["Bytes", "HTTPSemantics", "JSON"]),
        floor("Policies", "Transcoding", ["Bytes", "JSON", "Protobuf"]),
        floor("Policies", "TraceContext", ["Bytes"]),
        floor(
            "Policies", "OpenAPIValidation",
            ["Bytes", "HTTPSemantics", "JSON", "JSONSchema", "Documents", "OpenAPI", "ProblemDetails"]),
        floor("Policies", "Health", []),
        floor("Policies", "Flags", ["Bytes", "Documents", "JSON"]),
        floor("Policies", "Discovery", ["Bytes", "ControlMessages", "Protobuf"]),

        // Core: the snapshot and the stages, in order.
        floor(
            "Core", "GatewayCore",
            [
                "Bytes", "HTTPSemantics", "HTTP1", "JSON", "Documents", "OpenAPI", "OpenAPIMerge", "OpenAPIValidation",
                "Protobuf", "ProblemDetails",
                "Routing", "TokenVerification", "Permissions", "Plans", "RateLimiting", "CircuitBreaking", "CORS", "Transcoding",
                "TraceContext", "Health", "Flags", "AuditRecords",
            ]),

        // What Envoys in front are told, made of the snapshot.
        floor(
            "Core", "EnvoyEdge",
            [
                "EnvoyAPI", "GatewayCore", "Discovery", "Bytes", "CORS", "HTTPSemantics", "ProblemDetails", "Routing",
                "Transcoding", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]),

        // Adapters: one outside system each.
        floor(
            "Adapters", "HTTPClients",
            [
                "Bytes", "TokenVerification", "GatewayCore", "TrustedHTTP",
                .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        // The client of every adapter that speaks HTTP now and then.
        floor(
            "Adapters", "TrustedHTTP",
            [
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOCore", package: "swift-nio"),
            ]),
        floor("Adapters", "Files", ["GatewayCore"]),
        floor("Adapters", "AuditSpool", ["AuditRecords", "Bytes", "GatewayCore"]),
        // Opens libraries of the system while the gateway runs; every adapter of such a library stands on it.
        floor("Adapters", "SharedLibraries"),
        floor("Adapters", "Kafka", ["Bytes", "GatewayCore", "SharedLibraries"]),
        floor("Adapters", "PostgreSQL", ["Bytes", "GatewayCore", "SharedLibraries"]),
        floor("Adapters", "RabbitMQ", ["GatewayCore", .product(name: "NIOSSL", package: "swift-nio-ssl")] + nio),
        floor(
            "Adapters", "S3",
            [
                "GatewayCore", "TrustedHTTP", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        floor(
            "Adapters", "Valkey",
            [
                "Bytes", "RESP", .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
            ] + nio),
        floor(
            "Adapters", "ValkeyModules",
            ["Valkey", "RESP", "GatewayCore", "JSON", "Bytes", .product(name: "Crypto", package: "swift-crypto")] + nio),
        floor("Adapters", "ValkeyRateLimits", ["Bytes", "RESP", "RateLimiting", "Valkey"] + nio),
        floor(
            "Adapters", "ValkeyTenancy",
            [
                "Valkey", "RESP", "GatewayCore", "CORS", "Permissions", "Plans", "RateLimiting", "JSON", "Bytes",
            ]),
        floor(
            "Adapters", "GRPC",
            [
                "GatewayCore", .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
            ]),
        floor(
            "Adapters", "GRPCReflection",
            [
                "GRPC", "GatewayCore", "Protobuf", .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], exclude: ["reflection.proto"]),
        floor(
            "Adapters", "GRPCAuthorities",
            [
                "GRPC", "GatewayCore", "Plans", "Bytes", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),

        // Edges: sockets.
        floor(
            "Edges", "DataPlane",
            [
                "GatewayCore", "Bytes", "HTTPSemantics", "HTTP1", "HTTP2", "JSON", "ProblemDetails", "Routing",
                "TokenVerification",
                "RateLimiting", "CircuitBreaking", "Transcoding", "TraceContext", "Health", "Flags", "CZlib",
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ] + nio),
        floor(
            "Edges", "ControlPlane",
            [
                "GatewayCore", "Bytes", "ControlMessages", "Discovery", "HTTP2", "HTTPSemantics", "JSON", "Protobuf",
                "RateLimiting",
                "TokenVerification", "Transcoding",
            ] + nio),
        floor(
            "Edges", "AdminAPI",
            [
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ]),

        // App: configuration to wiring to lifecycle.
        floor(
            "App", "GatewayApp",
            [
                "GatewayCore", "EnvoyEdge", "Bytes", "JSON", "Documents", "OpenAPI", "OpenAPIDiff", "OpenAPIPatch", "DataPlane",
                "Flags",
                "ControlPlane", "Discovery", "AdminAPI",
                "HTTPClients", "TrustedHTTP",
                "Files", "AuditRecords", "AuditSpool", "Kafka", "PostgreSQL", "RabbitMQ", "S3", "GRPCReflection", "Valkey",
                "ValkeyModules", "ValkeyTenancy",
                "ValkeyRateLimits", "GRPCAuthorities",
                "Plans",
                "TokenVerification", "Health", "ProblemDetails", "RateLimiting", "CircuitBreaking", "Routing", "Transcoding",
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
            ] + nio + crypto),
        program(
            "Sources/App/gateway", "gateway",
            [
                "GatewayApp", "GatewayCore", "Discovery", "EnvoyEdge", "OpenAPIDiff", "AuditRecords", "AuditSpool", "Bytes",
                "JSON", "ProblemDetails",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        program(
            "Sources/App/gateway-probe", "gateway-probe",
            [
                "GatewayCore", "Bytes", "JSON", "JSONSchema", "HTTP1", "HTTPSemantics", "Documents", "OpenAPI", "Protobuf",
                "OpenAPIValidation", "ProblemDetails", "Routing", "Flags",
                "RateLimiting", "CircuitBreaking", "TokenVerification", "TraceContext", "Transcoding",
            ]),

        // Examples: the demo platform, separate processes.
        program(
            "Examples/demo-data", "demo-data",
            [
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        program(
            "Examples/demo-files", "demo-files",
            [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        program(
            "Examples/demo-iam", "demo-iam",
            [
                "Valkey", "Bytes", "RESP",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + nio + crypto),

        // Benchmarks: what is measured inside one process.
        .executableTarget(
            name: "bench-protojson",
            dependencies: [
                "Bytes", "JSON", "Protobuf", "Transcoding", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], path: "Benchmarks/protojson", exclude: ["orders.proto", "orders.pb"], swiftSettings: settings),

        .executableTarget(
            name: "bench-jsonschema", dependencies: ["Bytes", "JSON", "JSONSchema", "Documents"], path: "Benchmarks/jsonschema",
            exclude: ["compare.py", "requirements.txt"], swiftSettings: settings),

        .executableTarget(
            name: "bench-tenants", dependencies: ["Bytes", "GatewayCore", "Permissions", "TokenVerification"],
            path: "Benchmarks/tenants", swiftSettings: settings),

        // Tests: the same tree.
        tests("Formats", "Bytes", ["Bytes"]),
        tests("Formats", "HTTPSemantics", ["HTTPSemantics", "Bytes"]),
        tests("Formats", "HTTP1", ["HTTP1", "HTTPSemantics", "Bytes"]),
        tests("Formats", "HTTP2", ["HTTP2", "Bytes"], exclude: ["Vectors"]),
        tests("Formats", "JSON", ["JSON", "Bytes"]),
        tests("Formats", "Patterns", ["Patterns", "Bytes"]),
        tests("Formats", "StringFormats", ["StringFormats", "Bytes"]),
        tests("Formats", "JSONSchema", ["JSONSchema", "JSON", "Documents", "Bytes"]),
        tests("Formats", "ProblemDetails", ["ProblemDetails", "JSON", "Bytes", "HTTPSemantics"]),
        tests("Formats", "Documents", ["Documents"]),
        tests("Formats", "OpenAPI", ["OpenAPI", "Documents", "HTTPSemantics"]),
        tests("Formats", "OpenAPIDiff", ["OpenAPIDiff", "OpenAPI", "Documents"]),
        tests("Formats", "OpenAPIMerge", ["OpenAPIMerge", "OpenAPI", "Documents"]),
        tests(
            "Formats", "OpenAPIPatch",
            ["OpenAPIPatch", "OpenAPI", "OpenAPIValidation", "Documents", "JSON", "Bytes", "HTTPSemantics", "ProblemDetails"]),
        tests("Formats", "Protobuf", ["Protobuf", "Bytes", .product(name: "SwiftProtobuf", package: "swift-protobuf")]),
        tests("Formats", "RESP", ["RESP", "Bytes"]),
        tests("Formats", "AuditRecords", ["AuditRecords", "Bytes", "JSON"]),
        tests("Formats", "ControlMessages", ["ControlMessages", "Protobuf", "Bytes"]),
        tests("Policies", "Routing", ["Routing", "Bytes", "HTTPSemantics", "Documents"]),
        tests("Policies", "TokenVerification", ["TokenVerification", "Bytes"], exclude: ["Fixtures"]),
        tests("Policies", "Permissions", ["Permissions", "Bytes"]),
        tests("Policies", "Flags", ["Flags", "Bytes", "Documents"]),
        tests("Policies", "Plans", ["Plans", "ProblemDetails", "Bytes"]),
        tests("Policies", "RateLimiting", ["RateLimiting", "Bytes"]),
        tests("Policies", "CircuitBreaking", ["CircuitBreaking", "Bytes"]),
        tests("Policies", "CORS", ["CORS", "Bytes", "HTTPSemantics"]),
        tests("Policies", "Transcoding", ["Transcoding", "Protobuf", "JSON", "Bytes"], exclude: ["Fixtures"]),
        tests("Policies", "TraceContext", ["TraceContext", "Bytes"]),
        tests("Policies", "Health", ["Health"]),
        tests("Policies", "Discovery", ["Discovery"]),
        tests(
            "Policies", "OpenAPIValidation",
            ["OpenAPIValidation", "OpenAPI", "Documents", "JSON", "Bytes", "HTTPSemantics", "ProblemDetails"]),
        tests(
            "Core", "EnvoyEdge",
            [
                "EnvoyEdge", "EnvoyAPI", "Discovery", "GatewayCore", "Documents",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        tests(
            "Core", "Configuration",
            ["GatewayCore", "CORS", "Documents", "OpenAPI", "Plans", "RateLimiting", "TokenVerification"],
            exclude: ["Fixtures"]),
        tests(
            "Core", "GatewayCore",
            [
                "GatewayCore", "Bytes", "HTTP1", "HTTPSemantics", "Documents", "JSON", "OpenAPIValidation", "ProblemDetails",
                "Protobuf",
                "Routing",
                "TokenVerification", "RateLimiting", "TraceContext", "Transcoding",
            ], exclude: ["Fixtures"]),
        tests(
            "Adapters", "HTTPClients",
            [
                "HTTPClients", "TokenVerification", .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ] + nio),
        tests("Adapters", "Files", ["Files", "GatewayCore", "Documents"]),
        tests("Adapters", "AuditSpool", ["AuditSpool", "AuditRecords", "GatewayCore", "Bytes", "JSON"]),
        tests("Adapters", "Valkey", ["Valkey", "RESP", "Bytes"] + nio),
        tests("Adapters", "S3", ["S3"]),
        tests("Adapters", "RabbitMQ", ["RabbitMQ"]),
        tests("Adapters", "ValkeyModules", ["ValkeyModules", "GatewayCore", "Bytes"]),
        tests("Adapters", "ValkeyRateLimits", ["ValkeyRateLimits", "RateLimiting", "Valkey", "RESP", "Bytes"] + nio),
        tests(
            "Adapters", "GRPCReflection",
            [
                "GRPCReflection", "GatewayCore", "Protobuf", .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        tests(
            "Adapters", "GRPCAuthorities",
            [
                "GRPCAuthorities", "GatewayCore", "Plans", "Bytes", .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
            ] + nio),
        tests(
            "Edges", "DataPlane",
            [
                "DataPlane", "GatewayCore", "CircuitBreaking", "HTTP2", "HTTPSemantics", "Bytes",
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ] + nio,
            exclude: ["GRPC/oracle_server.py"]),
        tests(
            "Edges", "ControlPlane",
            [
                "ControlPlane", "ControlMessages", "Protobuf", "Transcoding", "GatewayCore", "Documents", "RateLimiting", "HTTP2",
                "Bytes",
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio),
    ]
)
