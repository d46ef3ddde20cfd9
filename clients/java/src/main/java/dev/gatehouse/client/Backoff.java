package dev.gatehouse.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before the nth attempt; each time a little different, so that many clients do not come at once. */
final class Backoff {
    private static final long FIRST_RECONNECT = 500;
    private static final long LAST_RECONNECT = 30_000;

    private Backoff() { }

    /** After a conflict: a few milliseconds, doubling. */
    static Duration conflict(int n) { return jitter(20L << Math.min(n - 1, 6)); }

    /** Before a watch connects again: half a second, doubling to half a minute. */
    static Duration reconnect(int n) { return jitter(Math.min(FIRST_RECONNECT << Math.min(n, 10), LAST_RECONNECT)); }

    private static Duration jitter(long most) { return Duration.ofMillis(most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1)); }
}
