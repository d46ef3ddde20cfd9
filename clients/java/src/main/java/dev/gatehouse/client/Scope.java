package dev.gatehouse.client;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import dev.gatehouse.client.models.MetaV1.DeleteOptions;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Where requests go: what does not depend on the class of the objects. */
record Scope(Client client, Row row, String namespace) {
    Scope in(String other) { return new Scope(client, row, other); }

    /** The namespace that is bound, or else the one that an object says. */
    Scope of(String said) { return namespace == null ? in(said) : this; }

    /** The path of the collection. */
    String collection() {
        String root = row.group().isEmpty() ? "/api/" + row.version() : "/apis/" + row.group() + "/" + row.version();
        String in = row.namespaced() && namespace != null && !namespace.isEmpty() ? "/namespaces/" + escape(namespace) : "";
        return root + in + "/" + row.resource();
    }

    /** The path of an object or of what lies below it; one in a namespace can only be reached through it. */
    String path(String name, String below) {
        if (row.namespaced() && (namespace == null || namespace.isEmpty())) {
            throw new IllegalArgumentException(row.resource() + " \"" + name + "\": no namespace is given");
        }
        if (name == null || name.isEmpty()) throw new IllegalArgumentException(row.resource() + ": no name is given");
        return collection() + "/" + escape(name) + (below == null ? "" : "/" + below);
    }

    private static String escape(String segment) { return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20"); }

    /** Sends a request and reads the answer. */
    <R> R call(Request r, Class<R> type) {
        Gson gson = Json.GSON;
        return client.http.read(r, in -> {
            R out = gson.getAdapter(type).read(new JsonReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
            if (out == null) throw new JsonParseException("null");
            return out;
        });
    }

    <R> R get(String name, String below, Options options, Class<R> type) {
        return call(Request.get(path(name, below), options.query), type);
    }

    /** Sends what changes something: it says who does. */
    <R> R write(String method, String path, String contentType, byte[] body, Options options, Class<R> type) {
        Query query = options.query.copy();
        if (!query.has("fieldManager")) query.set("fieldManager", client.fieldManager);
        return call(new Request(method, path, query, contentType, body), type);
    }

    <R> R replace(String name, String below, byte[] body, Options options, Class<R> type) {
        return write("PUT", path(name, below), Request.JSON, body, options, type);
    }

    <R> R create(String name, String below, Object body, Options options, Class<R> type) {
        return write("POST", path(name, below), Request.JSON, sub(below, body), options, type);
    }

    <R> R patch(String name, String below, Patch patch, Options options, Class<R> type) {
        return write("PATCH", path(name, below), patch.type(), patch.bytes(), options, type);
    }

    /** Server-side apply of a model, a map, or a text of JSON or YAML. */
    <R> R apply(Object object, String below, Options options, Class<R> type) {
        JsonElement tree = object instanceof String text ? Yaml.read(text) : Json.GSON.toJsonTree(object);
        if (!tree.isJsonObject()) throw new IllegalArgumentException("apply " + row.resource() + ": not an object");
        JsonElement meta = tree.getAsJsonObject().get("metadata");
        JsonObject said = meta != null && meta.isJsonObject() ? meta.getAsJsonObject() : new JsonObject();
        Scope scope = of(text(said, "namespace"));
        byte[] body = withKind(tree.getAsJsonObject(), row.kind(), row.apiVersion());
        return scope.write("PATCH", scope.path(text(said, "name"), below), Patch.APPLY, body, options, type);
    }

    private static String text(JsonObject o, String name) { return o.has(name) && o.get(name).isJsonPrimitive() ? o.get(name).getAsString() : null; }

    /** The body of an object that is sent as itself: one that does not say what it is is said to be of the row's kind. */
    byte[] body(ApiObject object) {
        if (object.getKind() != null && object.getApiVersion() != null) return Patch.bytes(object);
        return withKind(Json.GSON.toJsonTree(object).getAsJsonObject(), row.kind(), row.apiVersion());
    }

    /** A body of what lies below, which says its kind. */
    byte[] sub(String name, Object body) {
        Row.Subresource sub = row.subresources().stream().filter(s -> s.name().equals(name)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException(row.resource() + " have no " + name));
        JsonElement tree = Json.GSON.toJsonTree(body);
        if (!tree.isJsonObject()) throw new IllegalArgumentException(row.resource() + "/" + name + ": not an object");
        return withKind(tree.getAsJsonObject(), sub.kind(), Row.apiVersion(sub.group(), sub.version()));
    }

    private static byte[] withKind(JsonObject tree, String kind, String apiVersion) {
        if (!tree.has("kind")) tree.addProperty("kind", kind);
        if (!tree.has("apiVersion")) tree.addProperty("apiVersion", apiVersion);
        return Patch.bytes(tree);
    }

    /** Deletes what is at a path. How goes into the body, because a server that gets a body reads nothing else. */
    <R> R delete(String path, Options options, Class<R> type) {
        Query query = options.query.copy();
        DeleteOptions how = how(query, options).kind("DeleteOptions").apiVersion("v1");
        String dryRun = query.take("dryRun");
        if (dryRun != null) how.dryRun(List.of(dryRun));
        return call(new Request("DELETE", path, query, Request.JSON, Patch.bytes(how)), type);
    }

    /** What options say of a deletion; it is taken from the query. */
    static DeleteOptions how(Query query, Options options) {
        DeleteOptions how = new DeleteOptions().propagationPolicy(query.take("propagationPolicy")).preconditions(options.preconditions);
        String grace = query.take("gracePeriodSeconds");
        return grace == null ? how : how.gracePeriodSeconds(Long.valueOf(grace));
    }
}
