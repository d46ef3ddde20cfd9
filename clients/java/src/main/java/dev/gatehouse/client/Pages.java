package dev.gatehouse.client;

import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** All objects of a list, read page by page as somebody goes through them. Each iteration reads anew. */
public final class Pages<T extends ApiObject> implements Iterable<T> {
    private static final String SIZE = "500";

    private final Resource<T> resource;
    private final Options options;

    Pages(Resource<T> resource, Options options) {
        this.resource = resource;
        this.options = options;
    }

    @Override
    public Iterator<T> iterator() { return read(); }

    public Stream<T> stream() { return StreamSupport.stream(spliterator(), false); }

    Cursor<T> read() { return new Cursor<>(resource, options.query.copy()); }

    /** Goes through the pages. */
    static final class Cursor<T extends ApiObject> implements Iterator<T> {
        private final Resource<T> resource;
        private final Query query;
        private Page<T> page;
        private Iterator<T> items = Collections.emptyIterator();

        Cursor(Resource<T> resource, Query query) {
            this.resource = resource;
            this.query = query;
            if (!query.has("limit")) query.set("limit", SIZE);
        }

        /** The version of the last page that was read. */
        String resourceVersion() { return page.resourceVersion(); }

        @Override
        public boolean hasNext() {
            while (!items.hasNext()) {
                if (page != null) {
                    if (page.continueToken().isEmpty()) return false;
                    query.set("continue", page.continueToken());
                    // A continuation has its version in itself, and servers refuse both.
                    query.take("resourceVersion");
                    query.take("resourceVersionMatch");
                }
                page = Page.read(resource, query);
                items = page.items().iterator();
            }
            return true;
        }

        @Override
        public T next() {
            if (!hasNext()) throw new NoSuchElementException();
            return items.next();
        }
    }
}
