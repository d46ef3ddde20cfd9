package dev.gatehouse.client;

import dev.gatehouse.client.models.MetaV1.ObjectMeta;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;

/** A watch that survives its connections. One thread takes its events; any may close it. */
final class Watcher<T extends ApiObject> {
    /**
     * How long a connection lives at least, in seconds, and the time that it has for its end. The JDK cannot find out that a server is gone
     * which a watch only waits for.
     */
    private static final int CONNECTION = 300;
    private static final int GRACE = 30;

    /** An object's name, by which states are compared. */
    record Key(String namespace, String name) {
        static Key of(ObjectMeta m) { return new Key(m.getNamespace() == null ? "" : m.getNamespace(), m.getName()); }
    }

    /** Tells the states of an object, and objects of one name, apart. */
    private record State(String uid, String version) { }

    /** Is called when everything that was there at the beginning has been taken. */
    Runnable synced = () -> { };
    private final Resource<T> resource;
    private final Options options;
    private final Instant deadline;
    private final Ending ending = new Ending();
    private final Future<?> timeout;
    private final Queue<Watch.Event<T>> pending = new ArrayDeque<>();
    /** The objects that were told; null for a watch that began at a version of the caller, which cannot list again. */
    private final Map<Key, State> known;
    /** The version of the last change that was seen, where the next connection begins; null before the list. */
    private String version;
    private Pages.Cursor<T> list;
    /** Those of the known objects that the list has not shown. */
    private Map<Key, State> gone;
    private boolean listed;
    private EventReader<T> events;
    private InputStream body;
    private Future<?> limit;
    private boolean connected;
    /** The connections since the last event. */
    private int attempts;

    Watcher(Resource<T> resource, Options options) {
        this.resource = resource;
        this.options = options.copy();
        String from = this.options.query.take("resourceVersion");
        boolean here = from == null || from.isEmpty() || from.equals("0");
        version = here ? null : from;
        known = here ? new LinkedHashMap<>() : null;
        int seconds = options.timeoutSeconds;
        deadline = seconds > 0 ? Instant.now().plusSeconds(seconds) : null;
        timeout = seconds > 0 ? Timers.after(Duration.ofSeconds(seconds), this::close) : null;
    }

    boolean beginsWithList() { return known != null; }

    void close() {
        ending.end();
        if (timeout != null) timeout.cancel(false);
    }

    /** The next event; null after the end. */
    Watch.Event<T> next() {
        while (!ending.ended()) {
            Watch.Event<T> out = pending.poll();
            if (out != null) return out;
            try {
                if (listed) {
                    listed = false;
                    synced.run();
                }
                if (list != null || version == null) list();
                else watch();
            } catch (ApiException | UncheckedIOException x) {
                drop();
                if (ending.ended()) break;
                failed(x);
            } catch (RuntimeException x) {
                drop();
                throw x;
            }
        }
        drop();
        return null;
    }

    /** Begins anew after an error, where that makes sense. */
    private void failed(RuntimeException x) {
        boolean expired = x instanceof ApiException a && a.isGone();
        boolean passes = x instanceof ApiException a ? a.passes() : !(x.getCause() instanceof InterruptedIOException);
        if (expired && known != null) {
            version = null;
            list = null;
        } else if (connected && passes) {
            list = null;
        } else {
            close();
            throw x;
        }
        pause();
    }

    private void pause() { resource.scope.client().http.sleep(Backoff.reconnect(attempts++), ending); }

    /** Takes one object of the list, and tells how it differs from what was told. */
    private void list() {
        if (list == null) {
            Query query = new Query();
            for (String name : new String[] {"labelSelector", "fieldSelector"}) {
                if (options.query.has(name)) query.set(name, options.query.get(name));
            }
            list = new Pages.Cursor<>(resource, query);
            gone = new LinkedHashMap<>(known);
        }
        if (!list.hasNext()) {
            gone.forEach(this::vanished);
            version = list.resourceVersion();
            list = null;
            listed = true;
            connected = true;
            return;
        }
        T object = list.next();
        ObjectMeta m = metadata(object);
        Key key = Key.of(m);
        State now = new State(m.getUid(), m.getResourceVersion());
        State before = known.get(key);
        gone.remove(key);
        if (before != null && !Objects.equals(before.uid, now.uid)) {
            vanished(key, before);
            before = null;
        }
        if (now.equals(before)) return;
        known.put(key, now);
        pending.add(new Watch.Event<>(before == null ? Watch.Event.ADDED : Watch.Event.MODIFIED, object));
    }

    /** Tells that an object is gone of which nothing is left but its name. */
    private void vanished(Key key, State before) {
        known.remove(key);
        T object = Page.named(Json.read("{}", resource.type), resource.row());
        object.metadata(new ObjectMeta().name(key.name).namespace(key.namespace.isEmpty() ? null : key.namespace).uid(before.uid)
            .resourceVersion(before.version));
        pending.add(new Watch.Event<>(Watch.Event.DELETED, object));
    }

    /** Takes one event, over a new connection if there is none. */
    private void watch() {
        try {
            if (events == null) connect();
            Watch.Event<T> event = events.next();
            if (event == null) {
                drop();
                pause();
                return;
            }
            attempts = 0;
            heard(event);
        } catch (IOException x) {
            throw new UncheckedIOException(x);
        }
    }

    private void connect() {
        int seconds = CONNECTION + ThreadLocalRandom.current().nextInt(CONNECTION);
        if (deadline != null) seconds = Math.min(seconds, 1 + (int) Math.max(0, Duration.between(Instant.now(), deadline).toSeconds()));
        Query query = options.query.copy().set("watch", true).set("allowWatchBookmarks", true).set("resourceVersion", version)
            .set("timeoutSeconds", seconds);
        query.take("limit");
        query.take("resourceVersionMatch");
        body = resource.scope.client().http.send(Request.get(resource.scope.collection(), query), ending).body();
        connected = true;
        InputStream open = body;
        ending.hold(() -> shut(open));
        limit = Timers.after(Duration.ofSeconds(seconds + GRACE), () -> shut(open));
        events = new EventReader<>(open, resource.type);
    }

    private void drop() {
        if (limit != null) limit.cancel(false);
        if (body != null) shut(body);
        limit = null;
        body = null;
        events = null;
    }

    private static void shut(InputStream in) {
        try {
            in.close();
        } catch (IOException x) {
            // it is not read any more
        }
    }

    /** Notes an event and tells it. */
    private void heard(Watch.Event<T> event) {
        ObjectMeta m = metadata(event.object());
        version = m.getResourceVersion();
        if (known != null) {
            switch (event.type()) {
                case Watch.Event.ADDED, Watch.Event.MODIFIED -> known.put(Key.of(m), new State(m.getUid(), m.getResourceVersion()));
                case Watch.Event.DELETED -> known.remove(Key.of(m));
                default -> { }
            }
        }
        if (!event.type().equals(Watch.Event.BOOKMARK) || options.bookmarks) pending.add(event);
    }

    private static ObjectMeta metadata(ApiObject object) {
        if (object.getMetadata() == null) throw new IllegalStateException("an object without metadata: " + object);
        return object.getMetadata();
    }
}
