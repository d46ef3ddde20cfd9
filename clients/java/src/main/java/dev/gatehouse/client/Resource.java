package dev.gatehouse.client;

import dev.gatehouse.client.models.AuthenticationV1.TokenRequest;
import dev.gatehouse.client.models.AuthenticationV1.TokenRequestSpec;
import dev.gatehouse.client.models.AuthenticationV1.TokenRequestStatus;
import dev.gatehouse.client.models.AutoscalingV1.Scale;
import dev.gatehouse.client.models.MetaV1.ObjectMeta;
import dev.gatehouse.client.models.MetaV1.Status;
import dev.gatehouse.client.models.PolicyV1.Eviction;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A resource of one server, in one namespace or in all. Its methods are the operations; what a resource cannot do, the server
 * refuses.
 */
public final class Resource<T extends ApiObject> {
    private static final int MAX_UPDATES = 10;

    final Scope scope;
    final Class<T> type;

    Resource(Scope scope, Class<T> type) {
        this.scope = scope;
        this.type = type;
    }

    /** What the resource is. */
    public Row row() { return scope.row(); }

    /** The same resource in one namespace. */
    public Resource<T> in(String namespace) { return new Resource<>(scope.in(namespace), type); }

    /** Reads an object. */
    public T get(String name) { return get(name, Options.NONE); }

    public T get(String name, Options options) { return scope.get(name, null, options, type); }

    /** All objects, page after page as the loop goes on. */
    public Pages<T> list() { return list(Options.NONE); }

    public Pages<T> list(Options options) { return new Pages<>(this, options.copy()); }

    /** One page: as many objects as limit says, or all. */
    public Page<T> page() { return page(Options.NONE); }

    public Page<T> page(Options options) { return Page.read(this, options.query); }

    /**
     * Tells what there is, as ADDED, and then what changes, until it is closed; with a resourceVersion what has changed since that. It
     * goes on over connections that end and servers that restart. When the server has forgotten what happened, it lists again and tells
     * the difference; only a watch from a resourceVersion of the caller ends with the error then.
     */
    public Watch<T> watch() { return watch(Options.NONE); }

    public Watch<T> watch(Options options) { return new Watch<>(new Watcher<>(this, options)); }

    /** Makes an object, and returns what became of it. */
    public T create(T object) { return create(object, Options.NONE); }

    public T create(T object, Options options) {
        Scope in = scope.of(object.namespace());
        return in.write("POST", in.collection(), Request.JSON, in.body(object), options, type);
    }

    /**
     * Writes an object in place of the one with its name. With a resourceVersion in it, it is a conflict if somebody else has written
     * since.
     */
    public T replace(T object) { return replace(object, Options.NONE); }

    public T replace(T object, Options options) { return replaced(object, null, options); }

    private T replaced(T object, String below, Options options) {
        return scope.of(object.namespace()).replace(object.name(), below, scope.body(object), options, type);
    }

    /**
     * Reads an object, lets a function change it, and writes it; when somebody else has written in between, it does so again. So the
     * function may be called several times, each time with a fresh object.
     */
    public T update(String name, Consumer<T> change) { return update(name, change, Options.NONE); }

    public T update(String name, Consumer<T> change, Options options) {
        for (int tries = 1;; tries++) {
            T object = get(name);
            change.accept(object);
            try {
                return replace(object, options);
            } catch (ApiException x) {
                if (!x.isConflict() || tries == MAX_UPDATES) throw x;
            }
            scope.client().http.sleep(Backoff.conflict(tries), new Ending());
        }
    }

    /** Changes an object: see the kinds of {@link Patch}. */
    public T patch(String name, Patch patch) { return patch(name, patch, Options.NONE); }

    public T patch(String name, Patch patch, Options options) { return scope.patch(name, null, patch, options, type); }

    /**
     * Server-side apply.
     *
     * @param object the fields that the field manager wants to own: a model, a map, or a text of JSON or YAML
     */
    public T apply(Object object) { return apply(object, Options.NONE); }

    public T apply(Object object, Options options) { return scope.apply(object, null, options, type); }

    /** Deletes an object, or marks it to be deleted: then it is returned, because it is still there. */
    public Optional<T> delete(String name) { return delete(name, Options.NONE); }

    public Optional<T> delete(String name, Options options) {
        Untyped answer = scope.delete(scope.path(name, null), options, Untyped.class);
        return "Status".equals(answer.getKind()) ? Optional.empty() : Optional.of(Json.read(answer.toString(), type));
    }

    /** Deletes all objects that the options select. */
    public void deleteCollection() { deleteCollection(Options.NONE); }

    public void deleteCollection(Options options) { scope.delete(scope.collection(), options, Untyped.class); }

    /** Reads an object through its status. */
    public T getStatus(String name) { return scope.get(name, "status", Options.NONE, type); }

    /** Writes an object's status, and nothing else of it. */
    public T replaceStatus(T object) { return replaceStatus(object, Options.NONE); }

    public T replaceStatus(T object, Options options) { return replaced(object, "status", options); }

    /** Changes an object's status, and nothing else of it. */
    public T patchStatus(String name, Patch patch) { return patchStatus(name, patch, Options.NONE); }

    public T patchStatus(String name, Patch patch, Options options) { return scope.patch(name, "status", patch, options, type); }

    /** Server-side apply of an object's status. */
    public T applyStatus(Object object, Options options) { return scope.apply(object, "status", options, type); }

    /** How many replicas an object has and should have. */
    public Scale getScale(String name) { return scope.get(name, "scale", Options.NONE, Scale.class); }

    /** Sets how many replicas an object should have. */
    public Scale scale(String name, int replicas) { return scale(name, replicas, Options.NONE); }

    public Scale scale(String name, int replicas, Options options) {
        return scope.patch(name, "scale", Patch.merge(Map.of("spec", Map.of("replicas", replicas))), options, Scale.class);
    }

    /**
     * Pods: asks for one to be deleted, which is refused (429) when too few of its kind would be left. gracePeriodSeconds,
     * propagationPolicy and preconditions are the eviction's.
     */
    public void evict(String name) { evict(name, Options.NONE); }

    public void evict(String name, Options options) {
        Options rest = options.copy();
        Eviction body = new Eviction().metadata(metadata(name)).deleteOptions(Scope.how(rest.query, rest));
        scope.create(name, "eviction", body, rest, Status.class);
    }

    /**
     * Service accounts: a token and when it expires.
     *
     * @param audiences whom it is for; empty for the server itself
     * @param seconds how long it should live; 0 for what the server gives
     */
    public TokenRequestStatus token(String name, List<String> audiences, long seconds) {
        TokenRequestSpec spec = new TokenRequestSpec().audiences(audiences).expirationSeconds(seconds > 0 ? seconds : null);
        return scope.create(name, "token", new TokenRequest().metadata(metadata(name)).spec(spec), Options.NONE, TokenRequest.class).getStatus();
    }

    private ObjectMeta metadata(String name) { return new ObjectMeta().name(name).namespace(scope.namespace()); }

    /** Reads what lies below an object. */
    public <S> S getSub(String name, String subresource, Class<S> as) { return scope.get(name, subresource, Options.NONE, as); }

    /** Creates what lies below an object: a binding, a token request, an eviction. The body is a model, a map or JSON. */
    public <S> S createSub(String name, String subresource, Object body, Class<S> as, Options options) {
        return scope.create(name, subresource, body, options, as);
    }

    /** Writes what lies below an object. */
    public <S> S replaceSub(String name, String subresource, Object body, Class<S> as, Options options) {
        return scope.replace(name, subresource, scope.sub(subresource, body), options, as);
    }

    /** Changes what lies below an object. */
    public <S> S patchSub(String name, String subresource, Patch patch, Class<S> as, Options options) {
        return scope.patch(name, subresource, patch, options, as);
    }

    /** Pods: what a container has printed. The caller closes it. */
    public InputStream logs(String name, LogOptions options) {
        return scope.client().http.send(Request.text(scope.path(name, "log"), options.query), new Ending()).body();
    }

    /** Pods: the lines that a container has printed, without their ends. The caller closes the stream. */
    public Stream<String> logLines(String name, LogOptions options) {
        InputStream in = logs(name, options);
        return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).lines().onClose(() -> {
            try {
                in.close();
            } catch (IOException x) {
                throw new UncheckedIOException(x);
            }
        });
    }

    /** Pods: runs a command in a container. */
    public Session exec(String name, ExecOptions options) { return new Session(scope, name, "exec", options); }

    /** Pods: connects to what runs in a container already. */
    public Session attach(String name, ExecOptions options) { return new Session(scope, name, "attach", options); }

    /** Pods: connects to a port. */
    public PortForward portForward(String name, int port) { return new PortForward(scope, name, port); }

    /** A store of what there is, which follows the changes. {@link Informer#start} begins it. */
    public Informer<T> informer(Handlers<T> handlers) { return informer(handlers, Options.NONE); }

    public Informer<T> informer(Handlers<T> handlers, Options options) { return new Informer<>(this, handlers, options); }
}
