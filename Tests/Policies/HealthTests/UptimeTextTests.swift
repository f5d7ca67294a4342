import Health
import Testing

@Suite struct UptimeTextTests {
    @Test(
        "writes durations as Go does",
        arguments: [
            (.zero, "0s"), (.milliseconds(999), "0s"), (.seconds(1), "1s"), (.seconds(59), "59s"), (.seconds(60), "1m0s"),
            (.seconds(61), "1m1s"),
            (.seconds(3599), "59m59s"), (.seconds(3600), "1h0m0s"), (.seconds(260_072), "72h14m32s"),
            (.seconds(36_000_000), "10000h0m0s"), (.seconds(-5), "0s"),
            (.milliseconds(1999), "1s"),
        ] as [(Duration, String)])
    func text(duration: Duration, expected: String) {
        #expect(UptimeText.text(duration) == expected)
    }
}
