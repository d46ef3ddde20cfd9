package dev.gatehouse.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Keeps what a watch tells in a store. */
public final class Informer<T extends ApiObject> extends Store<T> implements AutoCloseable {
    private final Watcher<T> watcher;
    private final Handlers<T> handlers;
    private final String resource;
    private final CompletableFuture<Void> synced = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    Informer(Resource<T> resource, Handlers<T> handlers, Options options) {
        this.handlers = handlers;
        this.resource = resource.row().resource();
        watcher = new Watcher<>(resource, options);
        if (!watcher.beginsWithList()) {
            throw new IllegalArgumentException("informer of " + this.resource + ": it begins with a list, not at a resourceVersion");
        }
        watcher.synced = () -> synced.complete(null);
    }

    /** Begins to watch, in a thread of its own that keeps no program from ending. It may be called once. */
    public Informer<T> start() {
        Thread t = new Thread(this::run, "informer of " + resource);
        t.setDaemon(true);
        t.start();
        return this;
    }

    /** Watches until it is closed, or until there is an error that waiting does not mend, which is thrown. */
    public void run() {
        try {
            for (Watch.Event<T> event = watcher.next(); event != null; event = watcher.next()) {
                if (!event.type().equals(Watch.Event.BOOKMARK)) heard(event);
            }
            ended.complete(null);
            synced.completeExceptionally(new IllegalStateException("informer of " + resource + ": it was closed"));
        } catch (RuntimeException x) {
            ended.completeExceptionally(x);
            synced.completeExceptionally(x);
            throw x;
        }
    }

    /** Is completed when everything that was there at the beginning is in the store and the handlers know it. */
    public CompletableFuture<Void> synced() { return synced.copy(); }

    /** Is completed at the end: after close, or with the error that ended it. */
    public CompletableFuture<Void> ended() { return ended.copy(); }

    /** Waits until everything that was there at the beginning is in the store; false when that takes longer. */
    public boolean waitSynced(Duration time) throws InterruptedException {
        try {
            synced.get(time.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException x) {
            return false;
        } catch (ExecutionException x) {
            throw (RuntimeException) x.getCause();
        }
    }

    /** Ends it; a handler that is being called comes to its end. */
    public void stop() { watcher.close(); }

    @Override
    public void close() { stop(); }

    /** Changes the store and then calls the handler, which so finds the change in the store. */
    private void heard(Watch.Event<T> event) {
        T object = event.object();
        Watcher.Key key = Watcher.Key.of(object.getMetadata());
        if (event.type().equals(Watch.Event.DELETED)) {
            T last = remove(key);
            if (last != null) call(() -> handlers.onDelete(last));
            return;
        }
        T old = put(key, object);
        if (old != null) call(() -> handlers.onUpdate(old, object));
        else call(() -> handlers.onAdd(object, !synced.isDone()));
    }

    /** Runs a handler. What it throws is reported, because one object that a program cannot handle must not hide all others from it. */
    private void call(Runnable handler) {
        try {
            handler.run();
        } catch (RuntimeException x) {
            handlers.failed(x);
        }
    }
}
