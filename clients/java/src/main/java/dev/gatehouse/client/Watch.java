package dev.gatehouse.client;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The events of a watch. It can be gone through once; any thread may close it, and so end it. */
public final class Watch<T extends ApiObject> implements Iterable<Watch.Event<T>>, AutoCloseable {
    /** A change of an object; of one that was found to be gone, the object has its metadata alone. */
    public record Event<T>(String type, T object) {
        public static final String ADDED = "ADDED";
        public static final String MODIFIED = "MODIFIED";
        public static final String DELETED = "DELETED";
        /** Only for those who ask for it. */
        public static final String BOOKMARK = "BOOKMARK";
    }

    private final Watcher<T> watcher;
    private boolean taken;

    Watch(Watcher<T> watcher) { this.watcher = watcher; }

    @Override
    public Iterator<Event<T>> iterator() {
        if (taken) throw new IllegalStateException("a watch can be gone through once");
        taken = true;
        return new Iterator<>() {
            private Event<T> next;

            @Override
            public boolean hasNext() {
                if (next == null) next = watcher.next();
                return next != null;
            }

            @Override
            public Event<T> next() {
                if (!hasNext()) throw new NoSuchElementException();
                Event<T> out = next;
                next = null;
                return out;
            }
        };
    }

    /** The events as a stream, which ends with the watch. */
    public Stream<Event<T>> stream() { return StreamSupport.stream(spliterator(), false).onClose(this::close); }

    @Override
    public void close() { watcher.close(); }
}
