package dev.gatehouse.client;

import java.time.Instant;

/** A moment that is written with its microseconds; an Instant in a model is written without a fraction. */
public record MicroTime(Instant time) {
    public static MicroTime now() { return new MicroTime(Instant.now()); }
}
