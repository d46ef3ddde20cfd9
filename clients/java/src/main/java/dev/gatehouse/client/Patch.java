package dev.gatehouse.client;

import java.nio.charset.StandardCharsets;

/** A change of an object. A text is sent as it is, everything else as JSON: a map or a list with its nulls, a model without. */
public record Patch(String type, Object body) {
    static final String APPLY = "application/apply-patch+yaml";

    /** A JSON merge patch: values replace values, null (in a map or a text) removes them, lists are replaced whole. */
    public static Patch merge(Object body) { return new Patch("application/merge-patch+json", body); }

    /** A strategic merge patch: it knows how the lists of built-in kinds are merged. */
    public static Patch strategic(Object body) { return new Patch("application/strategic-merge-patch+json", body); }

    /** A JSON patch: a list of operations. */
    public static Patch json(Object operations) { return new Patch("application/json-patch+json", operations); }

    byte[] bytes() { return bytes(body); }

    static byte[] bytes(Object body) {
        if (body instanceof byte[] raw) return raw;
        return (body instanceof String text ? text : Json.write(body)).getBytes(StandardCharsets.UTF_8);
    }
}
