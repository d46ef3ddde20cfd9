package dev.gatehouse.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gatehouse.client.models.AutoscalingV1.Scale;
import dev.gatehouse.client.models.MetaV1.ObjectMeta;
import dev.gatehouse.client.models.MetaV1.Status;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is sent, and what is sent again. */
@Timeout(60)
final class RequestTest {
    private static Untyped x() { return Peer.untyped(Peer.thing("x", "1")); }

    @ParameterizedTest
    @CsvSource({"429,2,2,2000,2,0", "503,1,1,1000,1,0", "500,0,1,0,1,0", "503,86400,1,60000,1,0", "503,,1,0,0,503", "409,1,1,0,0,409",
        "503,'Mon, 02 Jan 2006 15:04:05 GMT',1,0,0,503", "429,1,100,1000,10,429"})
    void retryAfter(int code, String after, int bad, long wait, int waits, int error) throws Exception {
        AtomicInteger requests = new AtomicInteger();
        try (Peer peer = new Peer(x -> {
            assertTrue(x.body().contains("\"kind\":\"Thing\""), x::body);
            if (requests.incrementAndGet() > bad) x.answer(Peer.thing("x", "1"));
            else if (after == null) x.refuse(code, "Whatever");
            else x.refuse(code, "Whatever", "Retry-After: " + after);
        }); Client client = peer.client()) {
            List<Long> waited = Peer.waits(client);
            Executable create = () -> client.resource(Peer.THINGS).in("n").create(x());
            if (error == 0) assertEquals(1, client.resource(Peer.THINGS).in("n").create(x()).getMetadata().getResourceVersion().length());
            else assertEquals(error, assertThrows(ApiException.class, create).code());
            assertEquals(Collections.nCopies(waits, wait), waited);
            assertEquals(List.of(), peer.faults);
        }
    }

    /** A read is sent again; a write is not, because it may have happened. The JDK sends a read again once by itself. */
    @Test
    void brokenConnections() throws Exception {
        AtomicInteger sent = new AtomicInteger();
        AtomicInteger broken = new AtomicInteger(1);
        try (Peer peer = new Peer(x -> {
            if (sent.incrementAndGet() <= broken.get()) return;
            x.answer(Peer.thing("x", "1"));
        }); Client client = peer.client()) {
            Peer.waits(client);
            Resource<Untyped> things = client.resource(Peer.THINGS).in("n");
            assertEquals("x", things.get("x").name());
            assertEquals(2, sent.getAndSet(0));
            broken.set(100);
            assertThrows(UncheckedIOException.class, () -> things.get("x"));
            assertTrue(sent.get() > Http.MAX_RESENDS && sent.get() <= 2 * (Http.MAX_RESENDS + 1), sent::toString);
            sent.set(0);
            assertThrows(UncheckedIOException.class, () -> things.create(x()));
            assertEquals(1, sent.get());
        }
    }

    @Test
    void anAnswerThatBreaksOff() throws Exception {
        AtomicInteger sent = new AtomicInteger();
        try (Peer peer = new Peer(x -> {
            if (sent.incrementAndGet() == 1) {
                x.begin();
                x.piece("{\"kind\":\"Th");
            } else {
                x.answer(Peer.thing("x", "1"));
            }
        }); Client client = peer.client()) {
            assertEquals("x", client.resource(Peer.THINGS).in("n").get("x").name());
            assertEquals(2, sent.get());
        }
        Client nobody = Peer.nobody();
        List<Long> waited = Peer.waits(nobody);
        assertThrows(UncheckedIOException.class, () -> nobody.resource(Peer.THINGS).in("n").get("x"));
        assertEquals(List.of(), waited);
    }

    /** What is no Status is an error all the same, and what is no object is one too. */
    @Test
    void otherAnswers() throws Exception {
        AtomicReference<String> text = new AtomicReference<>("the proxy has lost its way");
        AtomicInteger code = new AtomicInteger(404);
        try (Peer peer = new Peer(x -> x.answer(code.get(), text.get())); Client client = peer.client()) {
            Resource<Untyped> things = client.resource(Peer.THINGS).in("n");
            ApiException x = assertThrows(ApiException.class, () -> things.get("x"));
            assertTrue(x.isNotFound() && x.getMessage().contains("lost its way"), x::toString);
            code.set(418);
            text.set("");
            assertEquals(418, assertThrows(ApiException.class, () -> things.get("x")).code());
            code.set(200);
            for (String no : List.of("<html>", "", "null", "[]", "1", "{\"metadata\":1}", "{\"metadata\":{\"creationTimestamp\":\"today\"}}", "{\"metadata\":{\"generation\":\"x\"}}")) {
                text.set(no);
                assertThrows(UncheckedIOException.class, () -> things.get("x"), no);
                if (!no.startsWith("{")) assertThrows(UncheckedIOException.class, things::page, no);
            }
            for (String no : List.of("{\"items\":1}", "{\"items\":[null]}", "{\"items\":[1]}")) {
                text.set(no);
                assertThrows(UncheckedIOException.class, things::page, no);
            }
            text.set("{\"kind\":\"ThingList\",\"items\":null}");
            assertEquals(List.of(), things.page().items());
        }
    }

    /** A request that gets no answer fails, and the next one has a connection of its own. */
    @Test
    void noAnswer() throws Exception {
        AtomicReference<Boolean> answers = new AtomicReference<>(false);
        try (Peer peer = new Peer(x -> {
            if (answers.get()) x.answer(Peer.thing("x", "1"));
            else x.hang();
        }); Client client = peer.client()) {
            HttpClient before = client.http.connections.http();
            Resource<Untyped> things = client.resource(Peer.THINGS).in("n");
            client.http.patience = Duration.ofMillis(100);
            UncheckedIOException x = assertThrows(UncheckedIOException.class, () -> things.get("x"));
            assertTrue(x.getCause() instanceof HttpTimeoutException, x::toString);
            assertNotSame(before, client.http.connections.http());
            client.http.patience = Duration.ofMinutes(1);
            answers.set(true);
            assertEquals("x", things.get("x").name());
        }
    }

    @Test
    void anInterruptedThreadEndsItsRequest() throws Exception {
        Thread here = Thread.currentThread();
        try (Peer peer = new Peer(x -> {
            here.interrupt();
            x.hang();
        }); Client client = peer.client()) {
            UncheckedIOException x = assertThrows(UncheckedIOException.class, () -> client.resource(Peer.THINGS).in("n").get("x"));
            assertTrue(x.getCause() instanceof InterruptedIOException);
            assertTrue(Thread.interrupted());
        }
    }

    @TestFactory
    List<DynamicTest> requests() {
        Map<String, Call> calls = new LinkedHashMap<>();
        String path = "/apis/example.com/v1/namespaces/n/things";
        String json = " application/json ";
        String me = "?fieldManager=me";
        calls.put("GET " + path + "/a%2Fb%20c", (in, on) -> in.get("a/b c"));
        calls.put("POST " + path + me + json + Json.write(x()), (in, on) -> on.create(x()));
        calls.put("PUT " + path + "/x?dryRun=All&fieldManager=you" + json + "{\"metadata\":{\"name\":\"x\"},\"kind\":\"Thing\",\"apiVersion\":\"example.com/v1\"}",
            (in, on) -> in.replace(new Untyped().metadata(new ObjectMeta().name("x")), new Options().fieldManager("you").dryRun(true)));
        calls.put("PATCH " + path + "/x" + me + " application/merge-patch+json {\"a\":1}", (in, on) -> in.patch("x", Patch.merge("{\"a\":1}")));
        Map<String, Object> nulls = new LinkedHashMap<>();
        nulls.put("gone", null);
        calls.put("PATCH " + path + "/x" + me + " application/merge-patch+json {\"metadata\":{\"labels\":{\"gone\":null}}}",
            (in, on) -> in.patch("x", Patch.merge(Map.of("metadata", Map.of("labels", nulls)))));
        calls.put("PATCH " + path + "/x?fieldManager=me&fieldValidation=Strict application/strategic-merge-patch+json {}",
            (in, on) -> in.patch("x", Patch.strategic(new byte[] {'{', '}'}), new Options().fieldValidation("Strict")));
        calls.put("PATCH " + path + "/x/status" + me + " application/json-patch+json []", (in, on) -> in.patchStatus("x", Patch.json(List.of())));
        calls.put("PATCH " + path + "/x?fieldManager=me&force=true application/apply-patch+yaml "
            + "{\"metadata\":{\"name\":\"x\"},\"spec\":{\"a\":1,\"on\":\"2026-01-02\"},\"kind\":\"Thing\",\"apiVersion\":\"example.com/v1\"}",
            (in, on) -> in.apply("metadata: {name: x}\nspec: {a: 1, \"on\": 2026-01-02}\n", new Options().force(true)));
        calls.put("PATCH " + path + "/x/status" + me + " application/apply-patch+yaml " + Json.write(x()), (in, on) -> on.applyStatus(x(), new Options()));
        calls.put("DELETE " + path + "/x" + json + "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0,"
            + "\"preconditions\":{\"uid\":\"u\",\"resourceVersion\":\"7\"},\"propagationPolicy\":\"Orphan\",\"dryRun\":[\"All\"]}",
            (in, on) -> in.delete("x", new Options().gracePeriodSeconds(0).propagationPolicy("Orphan").preconditions("u", "7").dryRun(true)));
        calls.put("DELETE /apis/example.com/v1/things?fieldSelector=c%3Dd&labelSelector=a%3Db" + json + "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}",
            (in, on) -> on.deleteCollection(new Options().labelSelector("a=b").fieldSelector("c=d")));
        calls.put("PATCH " + path + "/x/scale" + me + " application/merge-patch+json {\"spec\":{\"replicas\":0}}", (in, on) -> in.scale("x", 0));
        calls.put("GET " + path + "/x/size", (in, on) -> in.getSub("x", "size", Scale.class));
        calls.put("POST " + path + "/x/size" + me + json + "{\"a\":1,\"kind\":\"Size\",\"apiVersion\":\"example.com/v1\"}",
            (in, on) -> in.createSub("x", "size", Map.of("a", 1), Untyped.class, new Options()));
        calls.put("GET " + path + "/x/log?container=c&follow=true&limitBytes=9&previous=true&sinceSeconds=2&sinceTime=2026-03-01T12%3A00%3A00Z&stream=Stdout&tailLines=5&timestamps=true",
            (in, on) -> in.logs("x", new LogOptions().container("c").follow(true).previous(true).timestamps(true).since(Duration.ofMillis(1500))
                .sinceTime(Instant.parse("2026-03-01T12:00:00.5Z")).tailLines(5).limitBytes(9).stream("Stdout")).close());
        List<DynamicTest> out = new ArrayList<>();
        calls.forEach((want, call) -> out.add(dynamicTest(want, () -> assertEquals(want, sent(call)))));
        return out;
    }

    /** The requests whose bodies have their own models. */
    @Test
    void evictionsAndTokens() throws Exception {
        String path = "POST /apis/example.com/v1/namespaces/n/things/x/";
        Row row = new Row("example.com", "v1", "things", "Thing", "", "", List.of(), true, List.of(), List.of(
            new Row.Subresource("eviction", "policy", "v1", "Eviction", List.of("create"), List.of(), false),
            new Row.Subresource("token", "authentication.k8s.io", "v1", "TokenRequest", List.of("create"), List.of(), false)));
        AtomicReference<String> got = new AtomicReference<>();
        try (Peer peer = new Peer(x -> {
            got.set(x.method + " " + x.target + " " + x.body());
            x.answer(Map.of("kind", "Status", "status", Map.of("token", "t")));
        }); Client client = peer.client()) {
            Resource<Untyped> things = client.resource(row).in("n");
            assertThrows(UncheckedIOException.class, () -> things.evict("x", new Options().gracePeriodSeconds(5).preconditions("u", null)));
            assertEquals(path + "eviction?fieldManager=gatehouse-java {\"kind\":\"Eviction\",\"apiVersion\":\"policy/v1\",\"metadata\":{\"name\":\"x\",\"namespace\":\"n\"},"
                + "\"deleteOptions\":{\"gracePeriodSeconds\":5,\"preconditions\":{\"uid\":\"u\"}}}", got.get());
            assertEquals("t", things.token("x", List.of("a"), 3600).getToken());
            assertEquals(path + "token?fieldManager=gatehouse-java {\"kind\":\"TokenRequest\",\"apiVersion\":\"authentication.k8s.io/v1\",\"metadata\":{\"name\":\"x\",\"namespace\":\"n\"},"
                + "\"spec\":{\"audiences\":[\"a\"],\"expirationSeconds\":3600}}", got.get());
        }
    }

    private interface Call {
        void send(Resource<Untyped> in, Resource<Untyped> on) throws Exception;
    }

    /** The request that a call sends; empty when it sends none. */
    private static String sent(Call call) throws Exception {
        AtomicReference<String> got = new AtomicReference<>("");
        try (Peer peer = new Peer(x -> {
            got.set(x.method + " " + x.target + (x.body.length == 0 ? "" : " " + x.header("content-type", "") + " " + x.body()));
            x.answer(Peer.thing("x", "1"));
        }); Client client = new Client(new Config().host(peer.url()).fieldManager("me"))) {
            Resource<Untyped> on = client.resource(Peer.THINGS);
            try {
                call.send(on.in("n"), on);
            } catch (IllegalArgumentException x) {
                return got.get() + x.getMessage();
            }
        }
        return got.get();
    }

    @Test
    void whatCannotBeSentIsNot() throws Exception {
        Map<String, Call> calls = Map.of("no namespace is given", (in, on) -> on.get("x"), "no name is given", (in, on) -> in.get(""),
            "things have no depth", (in, on) -> in.replaceSub("x", "depth", Map.of(), Scale.class, new Options()),
            "apply things: not an object", (in, on) -> in.apply("[]"), "things/size: not an object", (in, on) -> in.createSub("x", "size", List.of(), Scale.class, new Options()));
        for (Map.Entry<String, Call> e : calls.entrySet()) {
            String got = sent(e.getValue());
            assertTrue(got.endsWith(e.getKey()) && !got.contains("/apis"), got);
        }
    }

    @Test
    void anyRequest() throws Exception {
        try (Peer peer = new Peer(x -> {
            if (x.target.equals("/gone")) x.refuse(410, "Gone");
            else x.answer(201, x.method + " " + x.target + " " + x.header("accept", "") + " " + x.header("content-type", "") + " " + x.body());
        }); Client client = peer.client()) {
            HttpResponse<InputStream> answer = client.request("POST", "/a%2Fb?c=d", "text/plain", "body".getBytes(UTF_8));
            assertEquals(201, answer.statusCode());
            assertEquals("POST /a%2Fb?c=d */* text/plain body", new String(answer.body().readAllBytes(), UTF_8));
            assertEquals("GET /version */*  ", new String(client.request("/version").body().readAllBytes(), UTF_8));
            assertTrue(assertThrows(ApiException.class, () -> client.request("/gone")).isGone());
            assertThrows(IllegalArgumentException.class, () -> client.request("version"));
        }
    }

    @Test
    void whatADeletionAnswers() throws Exception {
        AtomicReference<Object> answer = new AtomicReference<>(Peer.thing("x", "1"));
        try (Peer peer = new Peer(x -> x.answer(answer.get())); Client client = peer.client()) {
            Resource<Untyped> things = client.resource(Peer.THINGS).in("n");
            assertEquals("x", things.delete("x").orElseThrow().name());
            answer.set(new Status().status("Success"));
            assertFalse(things.delete("x").isPresent());
        }
        assertNull(new Untyped().name());
    }
}
