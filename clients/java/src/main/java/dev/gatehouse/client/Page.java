package dev.gatehouse.client;

import com.google.gson.JsonParseException;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.gatehouse.client.models.MetaV1.ListMeta;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A page of a list, or all of it. */
public record Page<T extends ApiObject>(List<T> items, ListMeta metadata) {
    /** The version of the store that the list shows. */
    public String resourceVersion() { return metadata.getResourceVersion(); }

    /** The token of the next page; empty when there is none. */
    public String continueToken() { return metadata.getContinue() == null ? "" : metadata.getContinue(); }

    /** How many more objects there are; null where the server does not say. */
    public Long remainingItemCount() { return metadata.getRemainingItemCount(); }

    static <T extends ApiObject> Page<T> read(Resource<T> of, Query query) {
        return of.scope.client().http.read(Request.get(of.scope.collection(), query),
            in -> read(new JsonReader(new InputStreamReader(in, StandardCharsets.UTF_8)), of));
    }

    /** Reads a list as it comes; its items are told what they are, which the list says once for all. */
    private static <T extends ApiObject> Page<T> read(JsonReader in, Resource<T> of) throws IOException {
        TypeAdapter<T> adapter = Json.GSON.getAdapter(of.type);
        List<T> items = new ArrayList<>();
        ListMeta metadata = null;
        try {
            in.beginObject();
            while (in.hasNext()) {
                String name = in.nextName();
                if (name.equals("metadata")) {
                    metadata = Json.GSON.getAdapter(ListMeta.class).read(in);
                } else if (name.equals("items") && in.peek() != JsonToken.NULL) {
                    in.beginArray();
                    while (in.hasNext()) items.add(named(adapter.read(in), of.row()));
                    in.endArray();
                } else {
                    in.skipValue();
                }
            }
            in.endObject();
        } catch (IllegalStateException x) { // not the kind of value that a list has there
            throw new JsonParseException(x);
        }
        return new Page<>(items, metadata == null ? new ListMeta() : metadata);
    }

    static <T extends ApiObject> T named(T item, Row row) {
        if (item == null) throw new JsonParseException("an item is null");
        if (item.getKind() == null) item.kind(row.kind());
        if (item.getApiVersion() == null) item.apiVersion(row.apiVersion());
        return item;
    }
}
