package dev.gatehouse.client;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonParseException;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.annotations.SerializedName;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads and writes a model by its fields, and keeps what it has no field for. Gson's own adapter would drop that. */
final class ModelAdapter<T extends Model> extends TypeAdapter<T> {
    static final TypeAdapterFactory FACTORY = new TypeAdapterFactory() {
        @Override
        @SuppressWarnings("unchecked")
        public <X> TypeAdapter<X> create(Gson gson, TypeToken<X> type) {
            Class<? super X> raw = type.getRawType();
            return Model.class.isAssignableFrom(raw) ? (TypeAdapter<X>) of(gson, raw.asSubclass(Model.class)) : null;
        }
    };

    private final Map<String, Slot> slots = new LinkedHashMap<>();
    private final Constructor<T> constructor;
    private final TypeAdapter<JsonElement> any;

    private static <M extends Model> TypeAdapter<M> of(Gson gson, Class<M> type) { return new ModelAdapter<>(gson, type).nullSafe(); }

    private ModelAdapter(Gson gson, Class<T> type) {
        any = gson.getAdapter(JsonElement.class);
        try {
            constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            T fresh = constructor.newInstance();
            for (Class<?> c = type; c != Model.class; c = c.getSuperclass()) {
                for (Field f : c.getDeclaredFields()) {
                    if ((f.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) != 0) continue;
                    f.setAccessible(true);
                    SerializedName renamed = f.getAnnotation(SerializedName.class);
                    slots.put(renamed == null ? f.getName() : renamed.value(), new Slot(gson, f, f.get(fresh) != null));
                }
            }
        } catch (ReflectiveOperationException x) {
            throw new IllegalArgumentException(type.getName() + " is no model: it needs a constructor without parameters", x);
        }
    }

    @Override
    public T read(JsonReader in) throws IOException {
        try {
            T object = constructor.newInstance();
            // A kind that is not said is not made up: lists leave it out, and what was read is written as it was.
            for (Slot s : slots.values()) {
                if (s.preset && !s.field.getType().isPrimitive()) s.field.set(object, null);
            }
            in.beginObject();
            while (in.hasNext()) {
                String name = in.nextName();
                Slot slot = slots.get(name);
                if (slot == null) {
                    object.unknown().put(name, any.read(in));
                } else if (in.peek() == JsonToken.NULL) {
                    in.nextNull();
                    object.unknown().put(name, JsonNull.INSTANCE);
                } else {
                    slot.field.set(object, slot.adapter().read(in));
                }
            }
            in.endObject();
            return object;
        } catch (IllegalStateException | NumberFormatException x) { // what Gson throws for the wrong kind of value
            throw new JsonParseException(x);
        } catch (ReflectiveOperationException x) {
            throw new IllegalStateException(x); // the constructor and the fields were accessible before
        }
    }

    @Override
    public void write(JsonWriter out, T object) throws IOException {
        out.beginObject();
        try {
            for (Map.Entry<String, Slot> e : slots.entrySet()) {
                Object value = e.getValue().field.get(object);
                if (value == null) continue;
                out.name(e.getKey());
                e.getValue().adapter().write(out, value);
            }
            if (object.unknown != null) {
                for (Map.Entry<String, JsonElement> e : object.unknown.entrySet()) {
                    Slot slot = slots.get(e.getKey());
                    if (slot != null && slot.field.get(object) != null) continue; // it was null when it was read
                    out.name(e.getKey());
                    any.write(out, e.getValue());
                }
            }
        } catch (IllegalAccessException x) {
            throw new IllegalStateException(x);
        }
        out.endObject();
    }

    /** A field. Its adapter is looked for when it is first needed: models contain each other and themselves. */
    private static final class Slot {
        final Field field;
        /** Whether a new object has something in it. */
        final boolean preset;
        private final Gson gson;
        private volatile TypeAdapter<Object> adapter;

        Slot(Gson gson, Field field, boolean preset) {
            this.gson = gson;
            this.field = field;
            this.preset = preset;
        }

        @SuppressWarnings("unchecked")
        TypeAdapter<Object> adapter() {
            if (adapter == null) adapter = (TypeAdapter<Object>) gson.getAdapter(TypeToken.get(field.getGenericType()));
            return adapter;
        }
    }
}
