package dev.gatehouse.client;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The parameters of a request, by name. */
final class Query {
    private final Map<String, List<String>> values = new TreeMap<>();

    Query set(String name, Object value) {
        values.put(name, new ArrayList<>(List.of(value.toString())));
        return this;
    }

    Query add(String name, String value) {
        values.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
        return this;
    }

    boolean has(String name) { return values.containsKey(name); }

    /** Removes a parameter and returns its value; null when there is none. */
    String take(String name) {
        List<String> v = values.remove(name);
        return v == null ? null : v.get(0);
    }

    String get(String name) { return has(name) ? values.get(name).get(0) : null; }

    Query copy() {
        Query out = new Query();
        values.forEach((name, list) -> out.values.put(name, new ArrayList<>(list)));
        return out;
    }

    /** What is put after a path: empty, or a question mark and the parameters. */
    String encode() {
        StringBuilder out = new StringBuilder();
        values.forEach((name, list) -> list.forEach(v ->
            out.append(out.isEmpty() ? '?' : '&').append(escape(name)).append('=').append(escape(v))));
        return out.toString();
    }

    private static String escape(String s) { return URLEncoder.encode(s, StandardCharsets.UTF_8); }
}
