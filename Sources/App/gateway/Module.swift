import ArgumentParser
import GatewayApp
import GatewayCore

struct Module: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Installs, removes and lists modules, while the gateway runs.",
        subcommands: [Install.self, Remove.self, List.self])

    /// Where modules are, and which platform they are held against.
    struct Place: ParsableArguments {
        @OptionGroup var source: ConfigurationOptions
        @Option(name: .long, help: "URL of the Valkey that holds the registry, instead of the folder the configuration names.")
        var valkey: String?

        func installer() async throws -> ModuleInstaller {
            try await Module.explained { () async throws(ModuleInstaller.Fault) in
                try await ModuleInstaller(PlatformLoader(file: source.config), valkey: valkey)
            }
        }
    }

    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a package against what is installed, and installs it.",
            discussion:
                "The package is a folder with a module.yaml; one of the same slug is replaced. Exits 1 when it has errors.")

        @Argument(help: "The package's folder.", completion: .directory)
        var package: String
        @Flag(name: .long, help: "Install it in spite of errors.")
        var force = false
        @OptionGroup var place: Place

        func run() async throws {
            let installer = try await place.installer()
            let report = try await Module.explained { () async throws(ModuleInstaller.Fault) in
                try await installer.install(package, isForced: force)
            }
            for finding in report.findings { print("\(finding)", to: &Terminal.error) }
            print("\(report.slug) \(report.versionWanted ?? "") is installed")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Removes a module; requests in flight end as they began.")

        @Argument(help: "The module's slug.")
        var slug: String
        @OptionGroup var place: Place

        func run() async throws {
            let installer = try await place.installer()
            let wasThere = try await Module.explained { () async throws(ModuleInstaller.Fault) in try await installer.remove(slug)
            }
            guard wasThere else {
                print("there is no module \(slug)", to: &Terminal.error)
                throw Exit.refused
            }
            print("\(slug) is removed")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the modules; those of the folder with what is wrong with them.")

        @OptionGroup var place: Place
        @OptionGroup var format: OutputOptions

        func run() async throws {
            let installer = try await place.installer()
            let listing = try await Module.explained { () async throws(ModuleInstaller.Fault) in try await installer.list() }
            print(format.output == .json ? listing.json : listing.text)
        }
    }

    /// What `body` answers; a fault is printed and becomes an exit code.
    private static func explained<Value>(
        _ body: () async throws(ModuleInstaller.Fault) -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            switch error {
            case .refused(let findings):
                for finding in findings { print("\(finding)", to: &Terminal.error) }
                print("nothing was installed", to: &Terminal.error)
                throw Exit.refused
            case .unusable(let message):
                print(message, to: &Terminal.error)
                throw Exit.refused
            case .failed(let message):
                print(message, to: &Terminal.error)
                throw Exit.unavailable
            }
        }
    }
}
