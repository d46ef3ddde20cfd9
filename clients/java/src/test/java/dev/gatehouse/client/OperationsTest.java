package dev.gatehouse.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.gatehouse.client.models.CoreV1.Pod;
import dev.gatehouse.client.models.MetaV1.ObjectMeta;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Whatever the documents show can be called. */
final class OperationsTest {
    private static final String NOPE = "java-nope";
    private static final Map<String, String> METHODS = Map.of("get", "get", "update", "put", "patch", "patch", "delete", "delete", "create", "post",
        "list", "get", "deletecollection", "delete");

    private static JsonObject read(Client client, String path) {
        return client.http.read(Request.get(path, new Query()), in ->
            JsonParser.parseReader(new InputStreamReader(in, StandardCharsets.UTF_8)).getAsJsonObject());
    }

    private static String groupOf(String path) {
        String[] words = path.split("/");
        return words[1].equals("api") ? "/" + words[2] : words[2] + "/" + words[3];
    }

    /** The operations of the server's documents, as "method path", but for the deprecated watch ones and for groups without rows. */
    private static Set<String> published(Client client) {
        Set<String> groups = new HashSet<>();
        for (Row row : Rows.ALL) groups.add(row.group() + "/" + row.version());
        Set<String> out = new TreeSet<>();
        for (JsonElement document : read(client, "/openapi/v3").getAsJsonObject("paths").asMap().values()) {
            String at = document.getAsJsonObject().get("serverRelativeURL").getAsString();
            JsonObject paths = read(client, at.substring(0, at.indexOf('?'))).getAsJsonObject("paths");
            if (paths == null) continue;
            paths.asMap().forEach((path, item) -> item.getAsJsonObject().asMap().forEach((method, operation) -> {
                boolean one = operation.isJsonObject() && operation.getAsJsonObject().has("x-kubernetes-group-version-kind");
                if (one && !path.contains("/watch/") && groups.contains(groupOf(path))) out.add(method + " " + path);
            }));
        }
        return out;
    }

    /** The operations that a row knows. */
    private static List<String> callable(Row row) {
        String base = row.group().isEmpty() ? "/api/" + row.version() : "/apis/" + row.group() + "/" + row.version();
        String all = base + "/" + row.resource();
        String collection = row.namespaced() ? base + "/namespaces/{namespace}/" + row.resource() : all;
        List<String> out = new ArrayList<>();
        for (String verb : row.verbs()) {
            switch (verb) {
                case "watch" -> { } // a list with watch=true
                case "list" -> {
                    out.add("get " + collection);
                    out.add("get " + all);
                }
                case "create", "deletecollection" -> out.add(METHODS.get(verb) + " " + collection);
                default -> out.add(METHODS.get(verb) + " " + collection + "/{name}");
            }
        }
        for (Row.Subresource s : row.subresources()) {
            String path = collection + "/{name}/" + s.name();
            s.verbs().forEach(verb -> out.add(METHODS.get(verb) + " " + path));
            for (String method : s.connect()) {
                out.add(method + " " + path);
                if (s.name().equals("proxy")) out.add(method + " " + path + "/{path}");
            }
        }
        return out;
    }

    @Test
    void whatTheDocumentsShowIsWhatTheRowsKnow() throws Exception {
        try (Client client = Server.client()) {
            Set<String> known = new TreeSet<>();
            Rows.ALL.forEach(row -> known.addAll(callable(row)));
            assertTrue(known.size() > 500, () -> known.size() + " operations");
            assertEquals(String.join("\n", published(client)), String.join("\n", known));
            Set<Row> accessors = new HashSet<>();
            Models.resources(client).forEach(r -> accessors.add(r.row()));
            assertEquals(new HashSet<>(Rows.ALL), accessors);
        }
    }

    /** Calls every operation as a dry run for an object that is not there: whatever the server says, it is not that it has no such operation. */
    @Test
    void everyOperationIsThere() throws Exception {
        int called = 0;
        try (Client client = Server.client()) {
            for (Resource<?> typed : Models.resources(client)) {
                called += verbs(typed.in("default"));
                called += subresources(typed.in("default"));
            }
        }
        assertTrue(called > 500, called + " operations");
    }

    private static <T extends ApiObject> int verbs(Resource<T> of) throws Exception {
        T object = of.type.getDeclaredConstructor().newInstance();
        object.metadata(new ObjectMeta().name(NOPE).namespace(of.row().namespaced() ? "default" : null));
        Options dry = new Options().dryRun(true);
        Options none = new Options().labelSelector("java=nope").dryRun(true);
        Map<String, Executable> verbs = Map.of("get", () -> of.get(NOPE), "list", () -> of.page(new Options().limit(1)), "create", () -> of.create(object, dry),
            "update", () -> of.replace(object, dry), "patch", () -> of.patch(NOPE, Patch.merge("{}"), dry), "delete", () -> of.delete(NOPE, dry),
            "deletecollection", () -> of.deleteCollection(none));
        for (String verb : of.row().verbs()) {
            if (!verb.equals("watch")) answered(verb + " " + of.row().resource(), false, verbs.get(verb));
        }
        return of.row().verbs().size();
    }

    /** Watches everything at once for a second: nothing is told, and no watch is refused. */
    @Test
    void everyWatchIsThere() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (Client client = Server.client()) {
            List<Future<?>> running = new ArrayList<>();
            for (Resource<?> r : Models.resources(client)) {
                if (r.row().verbs().contains("watch")) running.add(threads.submit(() -> {
                    for (Watch.Event<?> e : r.watch(new Options().labelSelector("java=nope").timeoutSeconds(1))) throw new AssertionError(e);
                }));
            }
            assertTrue(running.size() > 50, () -> running.size() + " watches");
            for (Future<?> f : running) f.get(1, TimeUnit.MINUTES);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Connections to a pod that is not there are refused by the server's own words, over its TLS and with its certificates. */
    @Test
    void everyConnectionIsThere() {
        try (Client client = Server.client()) {
            Resource<Pod> pods = client.coreV1().pods().in("default");
            for (Executable connect : List.<Executable>of(() -> pods.exec(NOPE, new ExecOptions().command("true")), () -> pods.attach(NOPE, new ExecOptions()),
                    () -> pods.portForward(NOPE, 80), () -> pods.logs(NOPE, new LogOptions()))) {
                ApiException x = assertThrows(ApiException.class, connect);
                assertEquals("NotFound " + NOPE, x.reason() + " " + x.status().getDetails().getName(), x::toString);
            }
        }
    }

    private static int subresources(Resource<?> of) throws Exception {
        int called = 0;
        Options dry = new Options().dryRun(true);
        Map<String, Object> body = Map.of("metadata", Map.of("name", NOPE));
        for (Row.Subresource s : of.row().subresources()) {
            Map<String, Executable> below = Map.of("get", () -> of.getSub(NOPE, s.name(), Untyped.class),
                "create", () -> of.createSub(NOPE, s.name(), body, Untyped.class, dry), "update", () -> of.replaceSub(NOPE, s.name(), body, Untyped.class, dry),
                "patch", () -> of.patchSub(NOPE, s.name(), Patch.merge("{}"), Untyped.class, dry));
            for (String verb : s.verbs()) {
                answered(verb + " " + of.row().resource() + "/" + s.name(), s.text(), below.get(verb));
                called++;
            }
        }
        return called;
    }

    /** Not that a method is not allowed, and not that a path is not found, which names no object. */
    private static void answered(String what, boolean text, Executable call) throws Exception {
        try {
            call.execute();
        } catch (ApiException x) {
            boolean named = x.status().getDetails() != null && x.status().getDetails().getName() != null;
            assertTrue(x.code() != 405 && x.code() != 415 && (!x.isNotFound() || named || text), what + ": " + x.code() + " " + x.getMessage());
        } catch (Exception | Error x) {
            throw x;
        } catch (Throwable x) {
            throw new AssertionError(x);
        }
    }
}
