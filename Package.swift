// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is compiled with the same, strict settings.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // An async function stays on its caller's executor: each hop costs a tenth of a small call.
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
]

let package = Package(
  name: "martlet",
  products: [
    .executable(name: "martletd", targets: ["martletd"]),
    .executable(name: "martlet", targets: ["martlet"]),
    .executable(name: "protoc-gen-martlet", targets: ["protoc-gen-martlet"]),
    .library(name: "MartletClient", targets: ["MartletClient", "MartletAPI"]),
    .library(name: "MartletWorker", targets: ["MartletWorker"]),
    .library(name: "MartletRPC", targets: ["MartletRPC"]),
    .library(name: "MartletRPCInstruments", targets: ["MartletRPCInstruments"]),
    .library(name: "MartletRPCServices", targets: ["MartletRPCServices"]),
    .library(name: "MartletRPCTLS", targets: ["MartletRPCTLS"]),
    .library(name: "MartletProtobuf", targets: ["MartletProtobuf"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(
      url: "https://github.com/apple/swift-configuration", from: "1.4.0",
      traits: [.defaults, "CommandLineArguments", "YAML"]),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-service-context", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // System libraries, one module map each.
    .systemLibrary(
      name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // The C library, where its headers hide from Swift what we need of Linux.
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),

    // The RPC runtime: has never heard of tasks.
    .target(name: "MartletHTTP2", dependencies: ["CNGHTTP2"], swiftSettings: settings),
    .target(name: "CArenaSlot"),
    .target(
      name: "MartletProtobuf", dependencies: ["CArenaSlot", "CProtobufC"], swiftSettings: settings),
    .target(
      name: "MartletRPC",
      dependencies: ["MartletHTTP2", "MartletProtobuf", "CZlib", "CLinux"] + nio,
      swiftSettings: settings),
    // What gRPC servers have beside their own services: reflection, health and channelz.
    .target(name: "MartletRPCServicesC", dependencies: ["CProtobufC"]),
    .target(
      name: "MartletRPCServices",
      dependencies: ["MartletRPCServicesC", "MartletRPC", "MartletProtobuf", "CProtobufC"],
      exclude: ["proto"], swiftSettings: settings),
    .testTarget(
      name: "MartletRPCServicesTests",
      dependencies: [
        "MartletRPCServices", "MartletRPC", "MartletProtobuf", "MartletProtobufTestSupport",
      ], swiftSettings: settings),
    .target(
      name: "MartletRPCInstruments",
      dependencies: [
        "MartletRPC",
        .product(name: "Instrumentation", package: "swift-distributed-tracing"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ServiceContextModule", package: "swift-service-context"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ], swiftSettings: settings),
    // TLS, apart, so that nobody builds its library who does without.
    .target(
      name: "MartletRPCTLS",
      dependencies: [
        "MartletRPC", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ], swiftSettings: settings),
    .testTarget(
      name: "MartletRPCTLSTests",
      dependencies: ["MartletRPCTLS", "MartletRPC", "MartletProtobuf"], swiftSettings: settings),
    // Both sides of gRPC's interoperability tests.
    .target(name: "MartletInteropC", dependencies: ["CProtobufC"]),
    .target(
      name: "MartletInterop",
      dependencies: [
        "MartletInteropC", "MartletRPC", "MartletRPCTLS", "MartletProtobuf", "CProtobufC",
      ],
      exclude: ["proto"], swiftSettings: settings),
    .executableTarget(
      name: "rpc-interop-server",
      dependencies: ["MartletInterop", "MartletRPC", "MartletRPCServices"],
      swiftSettings: settings),
    .executableTarget(
      name: "rpc-interop-client",
      dependencies: ["MartletInterop", "MartletRPC", "MartletRPCServices"],
      swiftSettings: settings),
    .executableTarget(
      name: "rpc-fuzz",
      dependencies: [
        "MartletHTTP2", "MartletInterop", "MartletProtobuf", "MartletRPC", "MartletRPCServices",
      ], swiftSettings: settings),
    .executableTarget(
      name: "rpc-bench", dependencies: ["MartletInterop", "MartletRPC", "MartletProtobuf"],
      swiftSettings: settings),
    .executableTarget(
      name: "rpc-echo-server",
      dependencies: [
        "MartletInterop", "MartletRPC", "MartletRPCInstruments", "MartletRPCTLS",
        "MartletProtobuf", .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ], swiftSettings: settings),
    .testTarget(
      name: "MartletHTTP2Tests", dependencies: ["MartletHTTP2"], swiftSettings: settings),
    .testTarget(
      name: "MartletRPCTests",
      dependencies: ["MartletRPC", "MartletHTTP2", "MartletProtobuf"] + nio,
      swiftSettings: settings),
    .testTarget(
      name: "MartletRPCInstrumentsTests",
      dependencies: [
        "MartletRPCInstruments", "MartletRPC", "MartletProtobuf",
        .product(name: "Instrumentation", package: "swift-distributed-tracing"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "MetricsTestKit", package: "swift-metrics"),
        .product(name: "ServiceContextModule", package: "swift-service-context"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ], swiftSettings: settings),
    .executableTarget(name: "protoc-gen-martlet", swiftSettings: settings),

    // The contract, generated from proto/.
    .target(name: "MartletAPIC", dependencies: ["CProtobufC"]),
    .target(
      name: "MartletAPI",
      dependencies: ["MartletAPIC", "MartletProtobuf", "MartletRPC", "CProtobufC"],
      swiftSettings: settings),

    // The service.
    .target(name: "MartletCore", swiftSettings: settings),
    .target(name: "MartletStore", dependencies: ["MartletCore"], swiftSettings: settings),
    .target(
      name: "MartletStoreSQLite", dependencies: ["MartletStore", "MartletCore", "CSQLite"],
      swiftSettings: settings),
    .target(
      name: "MartletServer",
      dependencies: [
        "MartletCore", "MartletStore", "MartletAPI", "MartletRPC", "MartletRPCServices",
        "MartletProtobuf", "CLinux",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], swiftSettings: settings),
    .executableTarget(
      name: "martletd",
      dependencies: [
        "MartletServer", "MartletStoreSQLite", "MartletRPC", "MartletRPCServices", "MartletCore",
        "MartletStore",
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
      ], swiftSettings: settings),

    // Clients.
    .target(
      name: "MartletClient",
      dependencies: ["MartletAPI", "MartletRPC", "MartletRPCServices", "MartletProtobuf"],
      path: "clients/swift/MartletClient", swiftSettings: settings),
    .target(
      name: "MartletWorker",
      dependencies: [
        "MartletClient", "MartletAPI", "MartletRPC", "MartletProtobuf",
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ], path: "clients/swift/MartletWorker", swiftSettings: settings),
    // Plays the server to a worker, and reports which rules it keeps.
    .target(
      name: "MartletWorkerCheck",
      dependencies: ["MartletAPI", "MartletRPC", "MartletProtobuf", "CLinux"] + nio,
      path: "clients/swift/MartletWorkerCheck", swiftSettings: settings),
    .executableTarget(
      name: "martlet",
      dependencies: [
        "MartletWorkerCheck", "MartletWorker", "MartletClient",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "Yams", package: "Yams"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], path: "clients/cli", swiftSettings: settings),

    .executableTarget(
      name: "swift-example", dependencies: ["MartletClient", "MartletAPI"],
      path: "docs/examples/swift", swiftSettings: settings),
    .executableTarget(
      name: "swift-worker-example", dependencies: ["MartletWorker"],
      path: "docs/examples/worker-swift", swiftSettings: settings),

    // Tests.
    .target(
      name: "MartletFakes",
      dependencies: ["MartletAPI", "MartletRPC", "MartletRPCServices", "MartletProtobuf"],
      path: "Tests/MartletFakes", swiftSettings: settings),
    .testTarget(
      name: "MartletClientTests",
      dependencies: [
        "MartletClient", "MartletFakes", "MartletAPI", "MartletRPC", "MartletProtobuf",
      ], swiftSettings: settings),
    .testTarget(
      name: "MartletWorkerTests",
      dependencies: [
        "MartletWorker", "MartletClient", "MartletAPI", "MartletRPC", "MartletProtobuf",
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "MetricsTestKit", package: "swift-metrics"),
      ], swiftSettings: settings),
    .testTarget(
      name: "MartletWorkerCheckTests",
      dependencies: ["MartletWorkerCheck", "MartletAPI", "MartletRPC", "MartletProtobuf"],
      swiftSettings: settings),
    .testTarget(
      name: "CLITests",
      dependencies: [
        "martlet", "MartletWorkerCheck", "MartletWorker", "MartletClient", "MartletFakes",
        "MartletAPI", "MartletRPC",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: settings),
    .testTarget(
      name: "MartletCoreTests", dependencies: ["MartletCore"], swiftSettings: settings),
    .testTarget(
      name: "MartletStoreTests",
      dependencies: ["MartletStore", "MartletStoreSQLite", "MartletCore"],
      swiftSettings: settings),
    .target(
      name: "MartletProtobufTestsC", dependencies: ["CProtobufC"],
      path: "Tests/MartletProtobufTestsC"),
    .target(
      name: "MartletProtobufTestSupport", dependencies: ["MartletProtobuf"],
      path: "Tests/MartletProtobufTestSupport", exclude: ["peer.py"], swiftSettings: settings),
    .testTarget(
      name: "MartletProtobufTests",
      dependencies: [
        "MartletProtobuf", "MartletProtobufTestSupport", "MartletProtobufTestsC", "CProtobufC",
        "MartletRPC",
      ], exclude: ["proto"], swiftSettings: settings),
    .testTarget(
      name: "ProtocGenMartletTests", dependencies: ["protoc-gen-martlet"], swiftSettings: settings),
    .testTarget(
      name: "MartletAPITests",
      dependencies: ["MartletAPI", "MartletProtobuf", "MartletProtobufTestSupport", "MartletRPC"],
      swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "MartletServer", "MartletStoreSQLite", "MartletStore", "MartletCore", "MartletClient",
        "MartletAPI", "MartletRPC", "MartletRPCServices", "MartletProtobuf",
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "MartletServer", "MartletCore", "MartletStore", "MartletAPI", "MartletProtobuf",
      ], swiftSettings: settings),
    .testTarget(name: "TidyTests", swiftSettings: settings),
    .testTarget(
      name: "MartletServerTests",
      dependencies: [
        "MartletServer", "MartletCore", "MartletStore", "MartletAPI", "MartletRPC",
        "MartletProtobuf", "CLinux",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
      ], swiftSettings: settings),
  ]
)
