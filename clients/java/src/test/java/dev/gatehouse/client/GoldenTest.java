package dev.gatehouse.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.annotations.SerializedName;
import dev.gatehouse.client.models.CoreV1.ConfigMap;
import dev.gatehouse.client.models.CoreV1.Container;
import dev.gatehouse.client.models.CoreV1.ContainerPort;
import dev.gatehouse.client.models.CoreV1.Pod;
import dev.gatehouse.client.models.CoreV1.PodSpec;
import dev.gatehouse.client.models.MetaV1.ObjectMeta;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What is read and written comes out as it was. */
final class GoldenTest {
    /** Every object of the golden scripts, and a full one of each kind; and all of them with a field that nobody knows in every struct. */
    @Test
    void golden() throws Exception {
        Set<String> seen = new TreeSet<>();
        try (Client nobody = Peer.nobody()) {
            Map<String, Class<? extends ApiObject>> kinds = Models.kinds(nobody);
            for (String line : Files.readAllLines(Path.of(Server.variable("GATEHOUSE_GOLDEN")))) {
                JsonObject object = JsonParser.parseString(line).getAsJsonObject();
                String kind = object.get("apiVersion").getAsString() + " " + object.get("kind").getAsString();
                Class<? extends ApiObject> type = kinds.get(kind);
                if (type == null) continue;
                seen.add(kind);
                assertEquals(object, roundTrip(line, type), kind);
                String strange = strange(object, type).toString();
                assertNotEquals(line, strange);
                assertEquals(JsonParser.parseString(strange), roundTrip(strange, type), kind);
            }
            assertEquals(kinds.keySet(), seen, "kinds without an object");
            assertTrue(seen.size() > 60, seen::toString);
        }
    }

    private static JsonElement roundTrip(String json, Class<? extends ApiObject> type) { return JsonParser.parseString(Json.write(Json.read(json, type))); }

    /** Adds a field to every object that is a model's. */
    private static JsonElement strange(JsonElement json, Type type) {
        if (type instanceof ParameterizedType p) {
            Type of = p.getActualTypeArguments()[p.getActualTypeArguments().length - 1];
            if (json instanceof JsonArray list) list.forEach(e -> strange(e, of));
            if (json instanceof JsonObject map) map.asMap().values().forEach(e -> strange(e, of));
        } else if (json instanceof JsonObject object && type instanceof Class<?> c && Model.class.isAssignableFrom(c)) {
            for (Field f : c.getDeclaredFields()) {
                SerializedName name = f.getAnnotation(SerializedName.class);
                JsonElement value = object.get(name == null ? f.getName() : name.value());
                if (value != null) strange(value, f.getGenericType());
            }
            object.add("newField", JsonParser.parseString("{\"deep\":[1.0,null,\"new\"]}"));
        }
        return json;
    }

    /** Values of enums, suffixes and numbers that this client does not know; nulls; a kind that is left out. */
    @Test
    void values() {
        Pod pod = new Pod().spec(new PodSpec().containers(List.of(new Container().ports(List.of(new ContainerPort().protocol("QUIC"))))));
        assertEquals("{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"spec\":{\"containers\":[{\"ports\":[{\"protocol\":\"QUIC\"}]}]}}", pod.toString());
        assertEquals(pod, Json.copy(pod));
        assertNotEquals(pod, new Pod());
        assertEquals(pod.hashCode(), Json.copy(pod).hashCode());
        ConfigMap map = Json.read("{\"metadata\":{\"creationTimestamp\":null,\"labels\":null},\"data\":{\"a\":\"<&>'\u2028\"}}", ConfigMap.class);
        assertEquals(null, map.getKind());
        assertEquals(JsonNull.INSTANCE, map.getMetadata().unknown().get("labels"));
        map.getMetadata().labels(Map.of("a", "b"));
        assertEquals("{\"metadata\":{\"labels\":{\"a\":\"b\"},\"creationTimestamp\":null},\"data\":{\"a\":\"<&>'\\u2028\"}}", map.toString());
        Untyped cron = new Untyped().metadata(new ObjectMeta().name("x")).set("spec", Map.of("times", List.of(1, 9007199254740993L)));
        assertEquals("{\"metadata\":{\"name\":\"x\"},\"spec\":{\"times\":[1,9007199254740993]}}", Json.copy(cron).toString());
        assertEquals("x", cron.name());
        assertEquals(9007199254740993L, cron.get("spec").getAsJsonObject().getAsJsonArray("times").get(1).getAsLong());
    }

    @Test
    void quantities() {
        Map<String, String> numbers = Map.of("1.5", "1.5", "1500m", "1.5", "2Ki", "2048", "3E", "3e18", "1e3", "1000", "1E3", "1000", "-1u", "-0.000001", "0.5Gi", "536870912");
        numbers.forEach((text, number) -> assertEquals(0, Quantity.of(text).number().compareTo(new BigDecimal(number)), text));
    }

    /** A class of one's own that has fields is a model. */
    @Test
    void ownModels() {
        assertEquals("{\"size\":3,\"more\":null}", Json.read("{\"size\":3,\"more\":null}", Own.class).toString());
        assertEquals(3, Json.read("{\"size\":3}", Own.class).size);
    }

    static final class Own extends Model {
        Integer size;
    }
}
