package dev.gatehouse.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParseException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is asked of a server that ends, breaks and forgets, and what is told. */
@Timeout(60)
final class WatcherTest {
    private static final String EXPIRED =
        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"too old\",\"reason\":\"Expired\",\"code\":410}}";

    /** What a server says to one request of a watch. */
    private interface Step {
        void answer(Peer.Exchange x, List<String> told) throws IOException, InterruptedException;
    }

    private static Step list(String version, String next, String... items) {
        List<Object> all = new ArrayList<>();
        for (String i : items) all.add(Peer.thing(i.split("@")[0], i.split("@")[1]));
        return (x, told) -> x.answer(Map.of("kind", "ThingList", "apiVersion", "example.com/v1", "metadata", Map.of("resourceVersion", version, "continue", next),
            "items", all));
    }

    private static Step events(String... lines) {
        return (x, told) -> {
            x.begin();
            for (String line : lines) x.piece(line + "\n");
            x.end();
        };
    }

    /** A connection that breaks off when an event of it was told: the JDK throws away what nobody has read yet. */
    private static Step breaks(String awaited, String... pieces) {
        return (x, told) -> {
            x.begin();
            for (String p : pieces) x.piece(p);
            Server.until(awaited + " is told", () -> told.contains(awaited));
        };
    }

    private static Step refused(int code, String reason) { return (x, told) -> x.refuse(code, reason); }

    private static String event(String type, String name, String version) {
        return "{\"type\":\"" + type + "\",\"object\":" + Json.write(Peer.thing(name, version)) + "}";
    }

    private record Case(String name, Options options, List<Step> steps, List<String> told, List<String> asked, String error) {
        @Override
        public String toString() { return name; }
    }

    static List<Case> cases() {
        Options from = new Options().resourceVersion("3").bookmarks(true);
        return List.of(
            new Case("a list in two pages, then changes", new Options(), List.of(list("5", "more", "a@1"), list("5", "", "b@2"),
                    events(event("MODIFIED", "a", "6"), event("DELETED", "b", "7"), event("ADDED", "c", "8"))),
                List.of("ADDED a@1", "ADDED b@2", "MODIFIED a@6", "DELETED b@7", "ADDED c@8"), List.of("list", "list more", "watch 5", "watch 8"), ""),
            new Case("connections that end, break and are refused", new Options().bookmarks(true), List.of(list("5", ""), events(event("ADDED", "a", "6")),
                    breaks("BOOKMARK @9", event("BOOKMARK", "", "9") + "\n"), refused(503, "ServiceUnavailable"), refused(429, "TooManyRequests"),
                    breaks("ADDED b@10", event("ADDED", "b", "10") + "\n", "{\"type\":\"ADDED\",\"obj")),
                List.of("ADDED a@6", "BOOKMARK @9", "ADDED b@10"), List.of("list", "watch 5", "watch 6", "watch 9", "watch 9", "watch 9", "watch 10"), ""),
            new Case("forgotten: the difference is told", new Options(), List.of(list("5", "", "a@1", "b@2", "c@3", "d@4"),
                    events(event("MODIFIED", "a", "6"), EXPIRED), list("20", "more", "a@6", "b@12"), refused(410, "Expired"),
                    list("21", "", "a@6", "b@12", "d@4", "e@21"), events(event("DELETED", "d", "22"))),
                List.of("ADDED a@1", "ADDED b@2", "ADDED c@3", "ADDED d@4", "MODIFIED a@6", "MODIFIED b@12", "ADDED e@21", "DELETED c@3", "DELETED d@22"),
                List.of("list", "watch 5", "list", "list more", "list", "watch 21", "watch 22"), ""),
            new Case("forgotten with an answer", new Options(), List.of(list("5", "", "a@1"), refused(410, "Gone"), list("9", "")),
                List.of("ADDED a@1", "DELETED a@1"), List.of("list", "watch 5", "list", "watch 9"), ""),
            new Case("from a version", from, List.of(events(event("BOOKMARK", "", "4")), events(EXPIRED)), List.of("BOOKMARK @4"),
                List.of("watch 3", "watch 4"), "Expired"),
            new Case("may not list", new Options(), List.of(refused(403, "Forbidden")), List.of(), List.of("list"), "Forbidden"),
            new Case("a first request that fails", new Options(), List.of(refused(500, "InternalError")), List.of(), List.of("list"), "InternalError"),
            new Case("a right that is taken away", new Options(), List.of(list("5", ""), events(event("ADDED", "a", "6")), refused(403, "Forbidden")),
                List.of("ADDED a@6"), List.of("list", "watch 5", "watch 6"), "Forbidden"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void watch(Case c) throws Exception {
        Queue<Step> steps = new ArrayDeque<>(c.steps);
        List<String> asked = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch over = new CountDownLatch(1);
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        try (Peer peer = new Peer(x -> serve(x, steps, asked, told, over)); Client client = peer.client()) {
            Peer.waits(client);
            ApiException error = null;
            try (Watch<Untyped> watch = client.resource(Peer.THINGS).in("n").watch(c.options)) {
                // When the script is over nothing more may be told; the watch is closed a moment after that.
                CompletableFuture.runAsync(() -> {
                    try {
                        over.await();
                        Thread.sleep(100);
                    } catch (InterruptedException x) {
                        Thread.currentThread().interrupt();
                    }
                }).thenRun(watch::close);
                for (Watch.Event<Untyped> e : watch) told.add(e.type() + " " + e.object().name() + "@" + e.object().getMetadata().getResourceVersion());
            } catch (ApiException x) {
                error = x;
            }
            over.countDown();
            assertEquals(c.told, told);
            assertEquals(c.asked, asked);
            assertEquals(c.error, error == null ? "" : error.reason());
            assertEquals(List.of(), peer.faults);
        }
    }

    private static void serve(Peer.Exchange x, Queue<Step> steps, List<String> asked, List<String> told, CountDownLatch over)
            throws IOException, InterruptedException {
        boolean watch = x.query("watch").equals("true");
        Step now;
        synchronized (steps) {
            asked.add(watch ? "watch " + x.query("resourceVersion") : ("list " + x.query("continue")).strip());
            now = steps.poll();
        }
        if (watch) assertEquals("true", x.query("allowWatchBookmarks"));
        if (now != null) {
            now.answer(x, told);
            return;
        }
        over.countDown();
        x.hang();
    }

    @Test
    void anObjectThatWasMadeAgainIsToldAsBoth() throws Exception {
        int[] lists = {0};
        Peer.Handler handler = x -> {
            if (x.query("watch").equals("true")) {
                x.refuse(410, "Expired");
                return;
            }
            Untyped thing = Peer.untyped(Peer.thing("x", String.valueOf(++lists[0])));
            thing.getMetadata().uid("u" + lists[0]);
            x.answer(Map.of("metadata", Map.of("resourceVersion", "5"), "items", List.of(thing)));
        };
        try (Peer peer = new Peer(handler); Client client = peer.client()) {
            Peer.waits(client);
            try (Watch<Untyped> watch = client.resource(Peer.THINGS).in("n").watch()) {
                List<String> told = watch.stream().limit(3).map(e -> e.type() + " " + e.object().getMetadata().getUid() + " " + e.object().getKind()).toList();
                assertEquals(List.of("ADDED u1 Thing", "DELETED u1 Thing", "ADDED u2 Thing"), told);
            }
        }
    }

    @Test
    void aWatchEndsAfterItsTime() throws Exception {
        try (Peer peer = new Peer(x -> {
            if (x.query("watch").isEmpty()) list("5", "").answer(x, List.of());
            else x.hang();
        }); Client client = peer.client()) {
            assertFalse(client.resource(Peer.THINGS).in("n").watch(new Options().timeoutSeconds(1)).iterator().hasNext());
        }
    }

    /** Another thread may close a watch that waits: for an event, for an answer, for its next attempt. */
    @ParameterizedTest
    @MethodSource("waitings")
    void close(Step second) throws Exception {
        CountDownLatch waits = new CountDownLatch(1);
        try (Peer peer = new Peer(x -> {
            if (x.query("watch").isEmpty()) {
                list("5", "").answer(x, List.of());
                return;
            }
            waits.countDown();
            second.answer(x, List.of());
        }); Client client = peer.client()) {
            Watch<Untyped> watch = client.resource(Peer.THINGS).in("n").watch();
            CompletableFuture<Boolean> more = CompletableFuture.supplyAsync(() -> watch.iterator().hasNext());
            waits.await();
            watch.close();
            assertFalse(more.get(30, TimeUnit.SECONDS));
            assertThrows(IllegalStateException.class, watch::iterator);
        }
    }

    /** A thread that is interrupted ends the watch that it waits for. */
    @ParameterizedTest
    @MethodSource("waitings")
    void interrupt(Step second) throws Exception {
        Thread here = Thread.currentThread();
        try (Peer peer = new Peer(x -> {
            if (x.query("watch").isEmpty()) {
                list("5", "").answer(x, List.of());
                return;
            }
            here.interrupt();
            second.answer(x, List.of());
        }); Client client = peer.client(); Watch<Untyped> watch = client.resource(Peer.THINGS).in("n").watch()) {
            Iterator<Watch.Event<Untyped>> events = watch.iterator();
            UncheckedIOException x = assertThrows(UncheckedIOException.class, events::hasNext);
            assertTrue(x.getCause() instanceof InterruptedIOException, x::toString);
            assertTrue(Thread.interrupted());
        }
    }

    static List<Step> waitings() {
        return List.of((x, told) -> {
            x.begin();
            x.hang();
        }, (x, told) -> x.hang(), refused(503, "ServiceUnavailable"));
    }

    @Test
    void eventsHoweverTheyAreWritten() throws Exception {
        String far = event("ADDED", "long", "1").replace("\"name\"", "\"annotations\":{\"a\":\"" + "x".repeat(200_000) + "\"},\"name\"");
        String turned = "{ \"object\": {\"kind\":\"Thing\",\"metadata\":{\"name\":\"turned\"}}, \"more\": 1, \"type\": \"MODIFIED\" }\r\n";
        EventReader<Untyped> r = reader(far + "\n\n" + turned + event("DELETED", "last", "2").substring(0, 30));
        assertEquals("long", r.next().object().name());
        Watch.Event<Untyped> second = r.next();
        assertEquals("MODIFIED turned", second.type() + " " + second.object().name());
        assertThrows(EOFException.class, r::next);
        assertNull(reader("").next());
        assertNull(reader("\n").next());
        for (String line : List.of("nonsense", "[]", "{\"type\":\"ADDED\",\"object\":[]}", "{\"type\":\"ADDED\"}", "{\"type\":\"ADDED\",\"object\":null}")) {
            assertThrows(JsonParseException.class, () -> reader(line + "\n").next(), line);
        }
        ApiException failed = assertThrows(ApiException.class, () -> reader("{\"type\":\"ERROR\",\"object\":{\"a\":1}}\n").next());
        assertTrue(failed.getMessage().contains("the watch failed"));
    }

    private static EventReader<Untyped> reader(String text) {
        return new EventReader<>(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), Untyped.class);
    }

    @Test
    void waitsGrow() {
        for (int n = 0; n < 20; n++) {
            long most = Math.min(500L << Math.min(n, 10), 30_000);
            Duration got = Backoff.reconnect(n);
            assertTrue(got.toMillis() >= most / 2 && got.toMillis() <= most, n + ": " + got);
        }
    }

    @Test
    void aHandlerThatThrowsIsReported() throws Exception {
        List<Object> failed = new ArrayList<>();
        try (Peer peer = new Peer(x -> {
            if (x.query("watch").isEmpty()) list("5", "", "a@1", "b@2").answer(x, List.of());
            else x.hang();
        }); Client client = peer.client()) {
            Resource<Untyped> things = client.resource(Peer.THINGS).in("n");
            Handlers<Untyped> handlers = new Handlers<>() {
                @Override
                public void onAdd(Untyped object, boolean initial) {
                    if (object.name().equals("a")) throw new IllegalStateException("cannot do this");
                }

                @Override
                public void failed(RuntimeException x) { failed.add(x.getMessage()); }
            };
            try (Informer<Untyped> informer = things.informer(handlers)) {
                assertTrue(informer.start().waitSynced(Duration.ofSeconds(30)));
                assertEquals(2, informer.size());
            }
            assertEquals(List.of("cannot do this"), failed);
            assertThrows(IllegalArgumentException.class, () -> things.informer(handlers, new Options().resourceVersion("1")));
        }
    }

    @Test
    void anInformerEndsWithTheErrorThatWaitingDoesNotMend() throws Exception {
        try (Peer peer = new Peer(x -> x.refuse(403, "Forbidden")); Client client = peer.client();
                Informer<Untyped> informer = client.resource(Peer.THINGS).in("n").informer(new Handlers<>() { })) {
            assertTrue(assertThrows(ApiException.class, informer::run).isForbidden());
            assertTrue(assertThrows(ApiException.class, () -> informer.waitSynced(Duration.ofSeconds(30))).isForbidden());
            assertTrue(informer.ended().isCompletedExceptionally());
        }
    }

    @Test
    void aStoreFindsByIndex() {
        Informer<Untyped> store = Peer.nobody().resource(Peer.THINGS).informer(new Handlers<>() { });
        Untyped a = Peer.untyped(Peer.thing("a", "1"));
        Untyped b = Peer.untyped(Peer.thing("b", "1"));
        store.put(new Watcher.Key("n", "b"), b);
        store.addIndex("all", o -> List.of("x", o.name()));
        store.put(new Watcher.Key("n", "a"), a);
        assertEquals(List.of(a, b), store.byIndex("all", "x"));
        assertEquals(List.of(b), store.byIndex("all", "b"));
        assertEquals(b, store.remove(new Watcher.Key("n", "b")));
        assertEquals(List.of(), store.byIndex("all", "b"));
        assertEquals(List.of(a), store.list());
        assertEquals(List.of(), store.byIndex("none", "x"));
        assertNull(store.get(null, "a"));
        Iterator<Untyped> all = store.list().iterator();
        assertEquals(store.get("n", "a"), all.next());
    }
}
