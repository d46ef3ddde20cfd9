package dev.gatehouse.client;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** What of a container's output is read. */
public final class LogOptions {
    final Query query = new Query();

    private LogOptions set(String name, Object value) {
        query.set(name, value);
        return this;
    }

    /** May be left out where there is one. */
    public LogOptions container(String name) { return set("container", name); }

    /** Goes on as long as the container runs. */
    public LogOptions follow(boolean value) { return set("follow", value); }

    /** The container before the last restart. */
    public LogOptions previous(boolean value) { return set("previous", value); }

    public LogOptions timestamps(boolean value) { return set("timestamps", value); }

    /** How far to go back, in whole seconds. */
    public LogOptions since(Duration value) { return set("sinceSeconds", value.plusNanos(999_999_999).toSeconds()); }

    /** When to begin. */
    public LogOptions sinceTime(Instant value) { return set("sinceTime", value.truncatedTo(ChronoUnit.SECONDS)); }

    /** The number of lines to begin with. */
    public LogOptions tailLines(long value) { return set("tailLines", value); }

    public LogOptions limitBytes(long value) { return set("limitBytes", value); }

    /** All, Stdout or Stderr. */
    public LogOptions stream(String value) { return set("stream", value); }
}
