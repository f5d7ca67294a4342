import Valkey

/// What Valkey does for shared limits; the arithmetic is that of `SharedRate`.
enum LimitScripts {
    /// Takes tokens from all buckets of a question at once.
    ///
    /// KEYS: the buckets. ARGV: requests that need one token of each, all or none; then for each bucket its unit, refill a microsecond, capacity,
    /// extra tokens wanted, and the most units the asker believes it can hold. Answers tokens granted and units left, bucket by bucket.
    ///
    /// A bucket is text: its level, the server's time of it in microseconds, its unit. One that is not there is full, and one that is full goes away a second
    /// later. A time to come, which another host's clock has written, counts as now. A level counted in another unit is converted.
    static let take = ValkeyScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local fit = tonumber(ARGV[1])
        local levels, changed = {}, {}
        for i, key in ipairs(KEYS) do
          local at = i * 5 - 3
          local unit, refill, capacity = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
          local level = capacity
          local kept = redis.call('GET', key)
          if kept then
            local was, since, of = string.match(kept, '^(%d+) (%d+) (%d+)$')
            if was then
              was, since, of = tonumber(was), tonumber(since), tonumber(of)
              if of ~= unit then
                was = math.floor(was / of * unit)
                changed[i] = true
              end
              if since > now then
                since = now
                changed[i] = true
              end
              local elapsed = now - since
              if elapsed * refill < capacity - was then level = was + elapsed * refill end
            end
          end
          local most = tonumber(ARGV[at + 4])
          if level > most then
            level = most
            changed[i] = true
          end
          levels[i] = level
          fit = math.min(fit, math.floor(level / unit))
        end
        local reply = {}
        for i, key in ipairs(KEYS) do
          local at = i * 5 - 3
          local unit, refill, capacity = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
          local level = levels[i]
          local granted = fit + math.min(tonumber(ARGV[at + 3]), math.floor(level / unit) - fit)
          level = level - granted * unit
          if granted > 0 or changed[i] then
            local life = math.ceil((capacity - level) / refill / 1000) + 1000
            redis.call('SET', key, string.format('%.0f %.0f %.0f', level, now, unit), 'PX', string.format('%.0f', life))
          end
          reply[2 * i - 1] = granted
          reply[2 * i] = level
        end
        return reply
        """)

    /// Counts the instances that have shown up lately.
    ///
    /// KEYS: a sorted set of instances by the server's time in milliseconds. ARGV: this one, and how long one counts in milliseconds.
    static let beat = ValkeyScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[2]))
        redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('(%.0f', now + ARGV[2]), '+inf')
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return redis.call('ZCARD', KEYS[1])
        """)
}
