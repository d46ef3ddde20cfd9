package dev.gatehouse.client;

import com.google.gson.JsonElement;
import dev.gatehouse.client.models.MetaV1.ObjectMeta;
import java.util.Map;

/** An object of a resource without a model, such as a custom one: all but kind and metadata is JSON. */
public final class Untyped extends ApiObject {
    private String kind;
    private String apiVersion;
    private ObjectMeta metadata;

    @Override
    public String getKind() { return kind; }

    @Override
    public Untyped kind(String value) { kind = value; return this; }

    @Override
    public String getApiVersion() { return apiVersion; }

    @Override
    public Untyped apiVersion(String value) { apiVersion = value; return this; }

    @Override
    public ObjectMeta getMetadata() { return metadata; }

    @Override
    public Untyped metadata(ObjectMeta value) { metadata = value; return this; }

    /** The fields beside kind and metadata, by name: spec, status. */
    public Map<String, JsonElement> fields() { return unknown(); }

    /** A field; null when there is none. */
    public JsonElement get(String name) { return fields().get(name); }

    /** Sets a field to JSON, a model, a map, a list, a text, a number or a boolean. */
    public Untyped set(String name, Object value) {
        fields().put(name, Json.GSON.toJsonTree(value));
        return this;
    }
}
