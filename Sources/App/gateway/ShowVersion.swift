import ArgumentParser
import GatewayApp

struct ShowVersion: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Prints the version.")

    @OptionGroup var format: OutputOptions

    func run() {
        print(format.output == .json ? "{\"version\":\"\(Version.current)\"}" : "gateway \(Version.current)")
    }
}
