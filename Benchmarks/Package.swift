// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A package of its own, so that nobody who builds Martlet builds its load tool.
let package = Package(
  name: "martlet-benchmarks",
  dependencies: [
    .package(name: "martlet", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
  ],
  targets: [
    .executableTarget(
      name: "martlet-bench",
      dependencies: [
        .product(name: "MartletClient", package: "martlet"),
        .product(name: "MartletRPCServices", package: "martlet"),
        .product(name: "MartletWorker", package: "martlet"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: settings),
    .executableTarget(
      name: "martlet-bench-worker",
      dependencies: [.product(name: "MartletWorker", package: "martlet")],
      swiftSettings: settings),
  ]
)
