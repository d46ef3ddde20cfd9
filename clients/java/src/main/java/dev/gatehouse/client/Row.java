package dev.gatehouse.client;

import java.util.List;

/**
 * What a client knows of a resource. The rows of the built-in resources are generated ({@link Rows}); others are made by hand.
 *
 * @param resource the plural name, as in the path
 */
public record Row(String group, String version, String resource, String kind, String listKind, String singular,
        List<String> shortNames, boolean namespaced, List<String> verbs, List<Subresource> subresources) {

    /** A row of a resource that has no model, with all verbs. */
    public static Row of(String group, String version, String resource, String kind, boolean namespaced) {
        return new Row(group, version, resource, kind, kind + "List", "", List.of(), namespaced,
            List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"), List.of());
    }

    /** Group and version as objects say it. */
    public String apiVersion() { return apiVersion(group, version); }

    static String apiVersion(String group, String version) { return group.isEmpty() ? version : group + "/" + version; }

    /**
     * Something below a resource: status, scale, log, exec. Group, version and kind are those of the bodies.
     *
     * @param connect the HTTP methods of a connection, which has no verbs
     * @param text whether the answer is plain text
     */
    public record Subresource(String name, String group, String version, String kind, List<String> verbs, List<String> connect, boolean text) { }
}
