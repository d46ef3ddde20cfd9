package dev.gatehouse.client;

import com.google.gson.JsonElement;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A JSON object of the API. Setters return the object itself, so that they chain. Models are compared by their values. A class of
 * one's own that extends it (or {@link ApiObject}) and has fields is read and written like the generated ones.
 */
public abstract class Model {
    /** Null as long as there are none. */
    transient Map<String, JsonElement> unknown;

    /**
     * The fields that the class does not have, by name: what a newer server sends. They are written with the rest, so that an object that
     * is read, changed and written back loses nothing. A null that was read is here as well, and is written as long as its field has no
     * value.
     */
    public final Map<String, JsonElement> unknown() {
        if (unknown == null) unknown = new LinkedHashMap<>();
        return unknown;
    }

    /** The object as JSON. */
    @Override
    public final String toString() { return Json.write(this); }

    @Override
    public final boolean equals(Object other) {
        return other != null && other.getClass() == getClass() && Json.GSON.toJsonTree(this).equals(Json.GSON.toJsonTree(other));
    }

    @Override
    public final int hashCode() { return Json.GSON.toJsonTree(this).hashCode(); }
}
