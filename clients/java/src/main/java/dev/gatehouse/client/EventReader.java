package dev.gatehouse.client;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import dev.gatehouse.client.models.MetaV1.Status;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Reads the events of a watch, one JSON object after the other. */
final class EventReader<T extends ApiObject> {
    private final JsonReader in;
    private final Class<T> type;
    /** Whether the connection has ended: what is wrong then is that an event is half there. */
    private boolean over;

    EventReader(InputStream in, Class<T> type) {
        InputStream watched = new FilterInputStream(in) {
            @Override
            public int read(byte[] into, int from, int length) throws IOException {
                int n = super.read(into, from, length);
                over = n < 0;
                return n;
            }
        };
        this.in = new JsonReader(new InputStreamReader(watched, StandardCharsets.UTF_8));
        this.in.setStrictness(Strictness.LENIENT); // allows one object after the other
        this.type = type;
    }

    /**
     * The next event; null at the end. An ERROR event is thrown as the error that it tells.
     *
     * @throws IOException if the connection breaks, also within an event
     */
    Watch.Event<T> next() throws IOException {
        try {
            if (in.peek() == JsonToken.END_DOCUMENT) return null;
        } catch (EOFException x) {
            return null;
        } catch (MalformedJsonException x) {
            throw new JsonParseException("event of a watch: " + x.getMessage(), x);
        }
        try {
            return read();
        } catch (IllegalStateException | JsonParseException | MalformedJsonException x) {
            if (over && x instanceof MalformedJsonException) throw new EOFException("the connection ended within an event");
            throw new JsonParseException("event of a watch: " + x.getMessage(), x);
        }
    }

    private Watch.Event<T> read() throws IOException {
        TypeAdapter<T> adapter = Json.GSON.getAdapter(type);
        String kind = null;
        T object = null;
        JsonElement raw = null;
        in.beginObject();
        while (in.hasNext()) {
            switch (in.nextName()) {
                case "type" -> kind = in.nextString();
                case "object" -> {
                    // The kind usually comes first, and the object need not be read twice.
                    if (kind == null || kind.equals("ERROR")) raw = Json.GSON.getAdapter(JsonElement.class).read(in);
                    else object = adapter.read(in);
                }
                default -> in.skipValue();
            }
        }
        in.endObject();
        if ("ERROR".equals(kind)) throw error(String.valueOf(raw));
        if (object == null && raw != null) object = adapter.fromJsonTree(raw);
        if (kind == null || object == null) throw new JsonParseException("it has no kind or no object");
        return new Watch.Event<>(kind, object);
    }

    private static ApiException error(String object) {
        Status status = ApiException.status(object);
        return new ApiException(status != null ? status : new Status().message("the watch failed: " + object));
    }
}
