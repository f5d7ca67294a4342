import Bytes

extension SharedLimiter {
    // MARK: Questions

    /// What a request waits for that is missing tokens; nil when it must not wait.
    func park(_ progress: inout LimitProgress) -> LimitAsk? {
        guard Int(progress.asked) < settings.asksOfRequest, waiting < settings.waiting else { return nil }
        guard let ask = askOfHotKey() ?? askOfSameKeys() ?? openAsk() else { return nil }
        if ask.isOpen, ask.asks(for: terms, count: count) { ask.requests &+= Int(cost) }
        progress.asked &+= 1
        ask.waiters &+= 1
        waiting &+= 1
        counters.waits &+= 1
        return ask
    }

    /// The question on its way, or about to be sent, that leases tokens of a hot key that is missing: it has enough for all, and whatever else is missing
    /// is asked for when it is answered.
    private func askOfHotKey() -> LimitAsk? {
        for index in 0..<count where terms[index].way == .missing {
            guard let entry = terms[index].entry, entry.pointee.lease > 0 else { continue }
            if let ask = askUnderWay(entry.pointee.ask), ask.asks(for: terms[index].hash) { return ask }
        }
        return nil
    }

    /// The question on its way, or about to be sent, that asks for exactly what is missing.
    private func askOfSameKeys() -> LimitAsk? {
        for index in 0..<count where terms[index].way == .missing {
            guard let entry = terms[index].entry, let ask = askUnderWay(entry.pointee.ask) else { return nil }
            return ask.asks(for: terms, count: count) ? ask : nil
        }
        return nil
    }

    private func askUnderWay(_ index: Int16) -> LimitAsk? {
        guard index >= 0, Int(index) < asks.count else { return nil }
        let ask = asks[Int(index)]
        return ask.isFree || ask.isProbe ? nil : ask
    }

    private func openAsk() -> LimitAsk? {
        guard let ask = takeAsk() else { return nil }
        for index in 0..<count where terms[index].way == .missing { add(terms + index, to: ask) }
        return ask
    }

    /// Asks for the next lease of a hot key while some of the last is left.
    @inline(never)
    func prefetch(_ term: UnsafeMutablePointer<Term>) {
        let hash = term.pointee.hash
        guard let entry = term.pointee.entry, Int32(bitPattern: entry.pointee.hold &- milliseconds) <= 0,
            health.isGlobal(hash, milliseconds: milliseconds, settings: settings),
            askUnderWay(entry.pointee.ask)?.asks(for: hash) != true, let ask = takeAsk()
        else { return }
        add(term, to: ask)
    }

    private func takeAsk() -> LimitAsk? {
        let index: Int
        if let last = free.popLast() {
            index = last
        } else {
            guard asks.count < min(settings.asks, Int(Int16.max)) else { return nil }
            index = asks.count
            asks.append(LimitAsk(index: index))
        }
        asks[index].open()
        if opened.isEmpty { source?.wake() }
        opened.append(index)
        return asks[index]
    }

    private func add(_ term: UnsafeMutablePointer<Term>, to ask: LimitAsk) {
        ask.add(term.pointee.limit, hash: term.pointee.hash, tag: term.pointee.tag, name: term.pointee.name)
        term.pointee.entry?.pointee.ask = Int16(truncatingIfNeeded: ask.index)
    }

    /// Sends the questions written since the last time; called by what `LimitSource.wake` has set going.
    public func flush() {
        var position = 0
        while position < opened.count {
            let ask = asks[opened[position]]
            position += 1
            guard ask.isOpen else { continue }
            // Nobody waits for it any more.
            if health.phase == .down { release(ask) } else { send(ask) }
        }
        opened.removeAll(keepingCapacity: true)
    }

    private func send(_ ask: LimitAsk) {
        (ask.isOpen, ask.isUnderWay) = (false, true)
        ask.sent = now
        let slack = Int64(settings.hintSlackMilliseconds) * 1000
        for index in 0..<ask.count {
            let rate = ask[index].rate
            ask[index].extra = 0
            ask[index].most = rate.capacity
            guard let entry = table.find(ask[index].hash) else { continue }
            ask[index].most = rate.level(entry.pointee.level(rate, now: now), after: slack)
            if !ask.isProbe { ask[index].extra = max(0, Int(entry.pointee.lease) - ask.requests) }
        }
        counters.asks += 1
        source?.send(ask)
    }

    // MARK: Answers

    /// The question with this tag; nil when it was answered already.
    public func ask(_ tag: Int) -> LimitAsk? {
        let index = tag & 0xffff
        guard tag >= 0, index < asks.count, !asks[index].isFree, asks[index].tag == tag else { return nil }
        return asks[index]
    }

    /// Every bucket of the question has its reply: those who wait are resumed.
    public func answered(_ ask: LimitAsk, now: UInt64) {
        advance(now)
        for index in 0..<ask.count { settle(ask, ask[index]) }
        if ask.isProbe, health.phase == .down { health.recovered(milliseconds: milliseconds) }
        release(ask)
    }

    private func settle(_ ask: LimitAsk, _ bucket: LimitAsk.Bucket) {
        table.beginTurn()
        let entry = table.entry(bucket.hash, now: now, life: life)
        counters.expired += Int(entry.pointee.expire(now: now, milliseconds: milliseconds, life: life))
        let sent = UInt32(truncatingIfNeeded: ask.sent / 1_000_000)
        entry.pointee.level = bucket.level
        entry.pointee.known = ask.sent
        entry.pointee.rate = bucket.rate.fingerprint
        entry.pointee.isLocal = false
        if entry.pointee.ask == Int16(truncatingIfNeeded: ask.index) { entry.pointee.ask = -1 }
        counters.granted += bucket.granted
        if bucket.granted > 0 {
            let until = sent &+ UInt32(truncatingIfNeeded: settings.lifeMilliseconds)
            entry.pointee.grant(UInt32(truncatingIfNeeded: bucket.granted), until: until)
        }
        let isShort = entry.pointee.lease > 0 && bucket.granted < ask.requests + bucket.extra
        entry.pointee.hold = isShort ? sent &+ hold(entry.pointee, bucket.rate) : milliseconds
    }

    /// How long a hot key out of tokens is left alone: about as long as a lease lasts, but not so long that its bucket overflows.
    private func hold(_ entry: LeaseEntry, _ rate: SharedRate) -> UInt32 {
        let half = UInt64(rate.fillMicroseconds) / 2000
        let longest = UInt64(settings.lifeMilliseconds)
        let wait = max(UInt64(settings.shortestHoldMilliseconds), min(entry.leaseMilliseconds, half, longest))
        return UInt32(truncatingIfNeeded: wait)
    }

    /// The question has no answer and will get none: those who wait take the fallbacks of their limits, as all do until Valkey is back.
    public func failed(_ ask: LimitAsk, now: UInt64) {
        advance(now)
        counters.failures += 1
        let isNews = health.failed(milliseconds: milliseconds, settings: settings, random: draw())
        guard isNews || ask.isProbe else { return release(ask) }
        // It goes on as the question that finds out: what failed must work before anything is asked again.
        (ask.isProbe, ask.isUnderWay, ask.requests) = (true, false, 0)
        guard isNews else { return }
        counters.outages += 1
        for other in asks where !other.isFree && other.waiters > 0 { resume(other) }
    }

    private func release(_ ask: LimitAsk) {
        ask.close()
        free.append(ask.index)
        resume(ask)
    }

    /// Last of all: whoever is resumed may ask again.
    private func resume(_ ask: LimitAsk) {
        var those = WaitList()
        those.take(from: &ask.waiting)
        waiting -= ask.waiters
        ask.waiters = 0
        those.resumeAll()
    }

    // MARK: Time

    /// Looks whether Valkey is back, and shows that this process lives; some twenty times a second.
    public func tick(now: UInt64) {
        advance(now)
        guard let source else { return }
        if beats, heart.isDue(now: now, milliseconds: settings.beatMilliseconds, random: draw()) { source.beat(instance) }
        health.tick(milliseconds: milliseconds, settings: settings)
        guard health.isProbeDue(milliseconds: milliseconds) else { return }
        for ask in asks where ask.isProbe && !ask.isFree && !ask.isUnderWay { send(ask) }
    }

    /// The answer to `LimitSource.beat`: so many processes live.
    public func counted(_ instances: Int) { self.instances.publish(heart.answered(instances)) }
}
