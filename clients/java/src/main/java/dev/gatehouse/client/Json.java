package dev.gatehouse.client;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.function.Function;

/** How objects are read and written. What a model does not know is kept, and so is every null that is not a field of a model. */
public final class Json {
    private static final DateTimeFormatter MICRO = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeNulls()
        .registerTypeAdapterFactory(ModelAdapter.FACTORY)
        .registerTypeAdapter(Instant.class, text(Json::time, v -> v.truncatedTo(ChronoUnit.SECONDS).toString()))
        .registerTypeAdapter(MicroTime.class, text(s -> new MicroTime(time(s)), v -> MICRO.format(v.time())))
        .registerTypeAdapter(Quantity.class, text(Quantity::new, Quantity::value))
        .registerTypeAdapter(byte[].class, text(Base64.getDecoder()::decode, Base64.getEncoder()::encodeToString))
        .registerTypeAdapter(IntOrString.class, new NumberOrText().nullSafe())
        .create();

    private Json() { }

    /** Reads an object as the client does. */
    public static <T> T read(String json, Class<T> type) { return GSON.fromJson(json, type); }

    /** Writes an object as the client does. */
    public static String write(Object value) { return GSON.toJson(value); }

    /** A copy that shares nothing with the object. */
    @SuppressWarnings("unchecked")
    public static <T extends Model> T copy(T object) { return (T) GSON.fromJson(GSON.toJsonTree(object), object.getClass()); }

    private static Instant time(String text) { return OffsetDateTime.parse(text).toInstant(); }

    /** What is written as a text. */
    private static <T> TypeAdapter<T> text(Function<String, T> read, Function<T, String> write) {
        return new TypeAdapter<T>() {
            @Override
            public T read(JsonReader in) throws IOException {
                String text = in.nextString();
                try {
                    return read.apply(text);
                } catch (DateTimeException | IllegalArgumentException x) {
                    throw new JsonParseException("at " + in.getPath() + ": " + text, x);
                }
            }

            @Override
            public void write(JsonWriter out, T value) throws IOException { out.value(write.apply(value)); }
        }.nullSafe();
    }

    private static final class NumberOrText extends TypeAdapter<IntOrString> {
        @Override
        public IntOrString read(JsonReader in) throws IOException {
            return in.peek() == JsonToken.NUMBER ? IntOrString.of(in.nextInt()) : IntOrString.of(in.nextString());
        }

        @Override
        public void write(JsonWriter out, IntOrString value) throws IOException {
            if (value.text() != null) out.value(value.text());
            else out.value(value.number());
        }
    }
}
