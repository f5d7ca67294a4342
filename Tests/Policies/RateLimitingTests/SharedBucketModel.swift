import RateLimiting

/// What the server's script does, said again in Swift: buckets by key, in the server's time.
struct SharedBucketModel {
    struct Bucket: Equatable {
        var level: Int64
        var time: Int64
        var unit: Int64
        /// Microseconds of the server at which it is forgotten.
        var expiry: Int64
    }

    struct Question {
        var key: String
        var rate: SharedRate
        var extra: Int64 = 0
        var most: Int64?
    }

    struct Answer: Equatable {
        var granted: Int64
        var level: Int64
    }

    var buckets: [String: Bucket] = [:]

    mutating func take(_ requests: Int64, _ questions: [Question], now: Int64) -> [Answer] {
        var levels: [Int64] = []
        var changed: [Bool] = []
        var fit = requests
        for question in questions {
            let rate = question.rate
            var level = rate.capacity
            var isChanged = false
            if let bucket = buckets[question.key], bucket.expiry > now {
                var was = bucket.level
                if bucket.unit != rate.unit {
                    was = Int64((Double(was) / Double(bucket.unit) * Double(rate.unit)).rounded(.down))
                    isChanged = true
                }
                isChanged = isChanged || bucket.time > now
                level = was >= rate.capacity ? rate.capacity : rate.level(was, after: now - min(bucket.time, now))
            }
            if let most = question.most, level > most {
                level = most
                isChanged = true
            }
            levels.append(level)
            changed.append(isChanged)
            fit = min(fit, level / rate.unit)
        }
        return questions.indices.map { index in
            let rate = questions[index].rate
            let granted = fit + min(questions[index].extra, levels[index] / rate.unit - fit)
            let level = levels[index] - granted * rate.unit
            if granted > 0 || changed[index] {
                let life = (rate.microsecondsToFull(level) + 999) / 1000 * 1000 + 1_000_000
                buckets[questions[index].key] = Bucket(level: level, time: now, unit: rate.unit, expiry: now + life)
            }
            return Answer(granted: granted, level: level)
        }
    }
}
