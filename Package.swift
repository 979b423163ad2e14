// swift-tools-version: 6.2
// Targets stand in the order of the journey: export -> record -> claim -> finding -> version -> event -> mailbox.
import PackageDescription

let houseRules: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

// The readers and the canonical forms run a few statements for every byte. Release builds optimise across our modules
// (a seventh of a first import), and leave out the check whether two accesses to a variable overlap: debug builds make it,
// so every test does.
let hotPath: [SwiftSetting] =
    houseRules + [
        .unsafeFlags(
            ["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release))
    ]

let package = Package(
    name: "fordeler",
    products: [.executable(name: "fordeler", targets: ["fordeler"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The nouns. Imports nothing of ours.
        .target(
            name: "OrganisationModel",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            exclude: ["DESIGN.md"], swiftSettings: hotPath),

        // 1. bytes -> source records
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "SourceExports", dependencies: ["CLibXML2", "CZlib", "OrganisationModel"],
            exclude: ["DESIGN.md"], swiftSettings: hotPath),

        // 2. source records -> claims -> the organisation as it should be -> change set
        .target(
            name: "Mapping",
            dependencies: [
                "SourceExports", "OrganisationModel", .product(name: "Yams", package: "Yams"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            exclude: ["DESIGN.md"], swiftSettings: hotPath),

        // 3. change set -> findings
        .target(
            name: "Validation", dependencies: ["OrganisationModel"],
            exclude: ["DESIGN.md"], swiftSettings: hotPath),

        // 4. candidate -> version
        .target(
            name: "Versioning", dependencies: ["Validation", "OrganisationModel"],
            exclude: ["DESIGN.md"], swiftSettings: houseRules),

        // 5. transition -> change events in a subscriber's view
        .target(
            name: "ChangeEvents",
            dependencies: ["Versioning", "OrganisationModel", .product(name: "Crypto", package: "swift-crypto")],
            exclude: ["DESIGN.md"], swiftSettings: houseRules),

        // 6. subscriptions and mailboxes
        .target(
            name: "Distribution", dependencies: ["ChangeEvents", "Versioning", "OrganisationModel"],
            exclude: ["DESIGN.md"], swiftSettings: houseRules),

        // Edges: files. Edges never import each other.
        .target(
            name: "Intake",
            dependencies: ["SourceExports", "OrganisationModel", .product(name: "Crypto", package: "swift-crypto")],
            exclude: ["DESIGN.md"], swiftSettings: houseRules),
        // Edges: sockets and processes.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(
            name: "Transports",
            dependencies: ["CCurl", "CLinux", "Distribution", "ChangeEvents", "OrganisationModel"],
            exclude: ["DESIGN.md"], swiftSettings: houseRules),
        .target(
            name: "Storage",
            dependencies: [
                "Distribution", "ChangeEvents", "Versioning", "Validation", "Mapping", "OrganisationModel",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            exclude: ["DESIGN.md"], swiftSettings: hotPath),

        // Edges: sockets.
        .target(
            name: "AdminAPI",
            dependencies: [
                "Distribution", "ChangeEvents", "Versioning", "OrganisationModel",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            exclude: ["DESIGN.md"], swiftSettings: houseRules),

        // The only composition root.
        .executableTarget(
            name: "fordeler",
            dependencies: [
                "AdminAPI", "Transports", "Intake", "Storage", "Distribution", "ChangeEvents", "Versioning",
                "Validation", "Mapping",
                "SourceExports", "OrganisationModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            exclude: ["Daemon/DESIGN.md"], swiftSettings: houseRules),

        // Fictitious municipalities for demonstrations, tests and benchmarks; not part of the program.
        .target(name: "FordelerTestKit", swiftSettings: houseRules),
        .executableTarget(
            name: "fordeler-generate", dependencies: ["FordelerTestKit"], swiftSettings: houseRules),
        // What reading an export costs, without a register; for the benchmarks.
        .executableTarget(
            name: "fordeler-measure", dependencies: ["Mapping", "OrganisationModel"], swiftSettings: hotPath),

        // The real binary, as an administrator and a subscriber use it.
        .testTarget(
            name: "JourneyTests",
            dependencies: [
                "RegisterFixtures", "fordeler", "OrganisationModel", "FordelerTestKit",
                .product(name: "Logging", package: "swift-log"), .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: houseRules),
        // Publishing and rolling back against a simple reference in memory.
        .testTarget(
            name: "RollbackTests",
            dependencies: [
                "RegisterFixtures", "fordeler", "Storage", "Distribution", "ChangeEvents", "Versioning", "Validation",
                "Mapping", "OrganisationModel",
            ],
            swiftSettings: houseRules),
        // What the tests of Storage and Distribution share: random registers and temporary state folders.
        .target(
            name: "RegisterFixtures",
            dependencies: ["Storage", "Distribution", "Mapping", "Versioning", "OrganisationModel"],
            path: "Tests/RegisterFixtures", swiftSettings: houseRules),
        .testTarget(
            name: "StorageTests",
            dependencies: [
                "RegisterFixtures", "Storage", "Distribution", "ChangeEvents", "Versioning", "Validation", "Mapping",
                "OrganisationModel", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: houseRules),
        .testTarget(
            name: "DistributionTests",
            dependencies: [
                "RegisterFixtures", "Storage", "Distribution", "ChangeEvents", "Versioning", "OrganisationModel",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: houseRules),
        // Rounds of imports, approvals and rollbacks as the program carries them out, without a process for each.
        .testTarget(
            name: "PublishingTests",
            dependencies: [
                "fordeler", "FordelerTestKit", "RegisterFixtures", "Storage", "Versioning", "Validation", "Mapping",
                "OrganisationModel",
            ],
            swiftSettings: houseRules),
        .testTarget(
            name: "OrganisationModelTests",
            dependencies: ["OrganisationModel", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: houseRules),
        .testTarget(
            name: "SourceExportsTests", dependencies: ["SourceExports", "CZlib", "OrganisationModel"],
            swiftSettings: houseRules),
        .testTarget(
            name: "MappingTests",
            dependencies: [
                "RegisterFixtures", "Mapping", "SourceExports", "OrganisationModel",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: houseRules),
        .testTarget(
            name: "ValidationTests", dependencies: ["Versioning", "Validation", "OrganisationModel"],
            swiftSettings: houseRules),
        .testTarget(
            name: "ChangeEventsTests",
            dependencies: [
                "ChangeEvents", "Versioning", "OrganisationModel", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: houseRules),
        .testTarget(
            name: "IntakeTests",
            dependencies: [
                "Intake", "SourceExports", "OrganisationModel", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: houseRules),
        .testTarget(
            name: "TransportsTests", dependencies: ["Transports", "Distribution", "OrganisationModel"],
            exclude: ["Support/export_server.py", "Support/smtp_server.py", "Support/web_server.py"],
            swiftSettings: houseRules),
        .testTarget(
            name: "AdminAPITests",
            dependencies: [
                "AdminAPI", "RegisterFixtures", "Distribution", "OrganisationModel",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: houseRules),
        .testTarget(name: "TidyTests", swiftSettings: houseRules),
    ]
)

// libFuzzer targets, which nothing else builds: Tests/Fuzz/run sets the variable, and builds them apart.
if Context.environment["FORDELER_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "FuzzTests", dependencies: ["CZlib", "Mapping", "SourceExports", "OrganisationModel"],
            path: "Tests/Fuzz/Targets", swiftSettings: houseRules))
}
