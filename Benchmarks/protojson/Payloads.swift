import Foundation
import SwiftProtobuf

/// The messages that are measured, in the sizes that interfaces have.
enum Payloads {
    /// A page has so many orders: about 200 KB of JSON.
    private static let ordersPerPage = 100

    static func item(_ number: Int) -> Bench_Item {
        .with {
            $0.id = "item-\(10_000 + number)"
            $0.name = "Blue kettle, 1.7 litres"
            $0.quantity = Int64(number) + 12
            $0.price = 24.95 + Double(number)
            $0.active = true
            $0.colour = .green
            $0.updatedAt = time(number)
        }
    }

    static func order(_ number: Int) -> Bench_Order {
        .with {
            $0.id = "0f8fad5b-d9cb-469f-a165-70867728\(1000 + number)"
            $0.customerID = "7c9e6679-7425-40de-944b-e07fc1f9\(1000 + number)"
            $0.createdAt = time(number)
            $0.updatedAt = time(number + 77)
            $0.handlingTime = .with { $0.seconds = 93_784 }
            $0.billing = address("12 Long Lane", number)
            $0.shipping = address("Straße des 17. Juni 135", number)
            $0.lines = (0..<4).map { line(number + $0) }
            $0.labels = ["channel": "web", "campaign": "autumn", "region": "eu-central-1", "priority": "normal"]
            $0.totals = [1: 129_900, 2: 24_681, 3: 154_581]
            $0.weights = [1.25, 0.4, 12, 3.75]
            $0.history = [1, 20, 300, 4000, 50_000, 600_000]
            $0.signature = Data(repeating: UInt8(truncatingIfNeeded: number), count: 64)
            $0.note = "Please ring twice \"loudly\"\nand leave it at the door"
            $0.cardToken = "tok_1N3T00LkdIwHu7ixt44h1F8k"
        }
    }

    static var page: Bench_Page {
        .with {
            $0.orders = (0..<ordersPerPage).map(order)
            $0.nextPageToken = "CiAKGjBpNDd2Nmp2Zml2cXRwYjBpOXA"
        }
    }

    private static func line(_ number: Int) -> Bench_Line {
        .with {
            $0.item = item(number)
            $0.count = UInt32(1 + number % 5)
            $0.amountMinor = Int64(number) * 1999
            $0.tags = ["kitchen", "gift", "fragile"]
            if number % 2 == 0 { $0.discountPercent = .with { $0.value = 15 } }
        }
    }

    private static func address(_ street: String, _ number: Int) -> Bench_Address {
        .with {
            $0.street = street
            $0.city = "Berlin"
            $0.postalCode = "10623"
            $0.country = "DE"
            $0.latitude = 52.5145 + Double(number) / 1000
            $0.longitude = 13.3501 + Double(number) / 1000
        }
    }

    private static func time(_ number: Int) -> Google_Protobuf_Timestamp {
        .with {
            $0.seconds = 1_732_233_600 + Int64(number) * 3601
            $0.nanos = Int32(number % 1000) * 1_000_000
        }
    }
}
