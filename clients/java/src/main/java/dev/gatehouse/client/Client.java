package dev.gatehouse.client;

import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Path;

/**
 * Sends requests to one server as one user. It is safe for concurrent use.
 *
 * <pre>{@code
 * try (Client client = Client.auto()) {
 *     for (Pod pod : client.coreV1().pods().in("shop").list()) System.out.println(pod.name());
 * }
 * }</pre>
 *
 * An answer from 400 on is an {@link ApiException}, a connection that fails an {@link java.io.UncheckedIOException}. A thread that is
 * interrupted ends its request.
 */
public final class Client extends Apis implements AutoCloseable {
    /** The version of this client: the minor release of the API that it was made from, and its own number. */
    public static final String VERSION = "1.36.0";

    static final String FIELD_MANAGER = "gatehouse-java";

    final Http http;
    final String fieldManager;
    private final String namespace;

    public Client(Config config) {
        http = new Http(new Connections(config));
        fieldManager = config.fieldManager == null || config.fieldManager.isEmpty() ? FIELD_MANAGER : config.fieldManager;
        namespace = config.namespace == null || config.namespace.isEmpty() ? "default" : config.namespace;
    }

    /** A client of a kubeconfig if there is one, else of the pod's service account. */
    public static Client auto() { return new Client(Config.auto()); }

    /** A client of the current context of the files of $KUBECONFIG, or of ~/.kube/config. */
    public static Client fromKubeconfig() { return new Client(Kubeconfig.load()); }

    /** A client of a context of a file; null for the current one. */
    public static Client fromKubeconfig(Path path, String context) { return new Client(Kubeconfig.load(path, context)); }

    /** A client of the service account of the pod that this program runs in. */
    public static Client inCluster() { return new Client(InCluster.load()); }

    /** The namespace of the kubeconfig's context or of the pod's service account; default when neither names one. */
    public String namespace() { return namespace; }

    @Override
    public <T extends ApiObject> Resource<T> resource(Row row, Class<T> type) { return new Resource<>(new Scope(this, row, null), type); }

    /** A resource without a model. */
    public Resource<Untyped> resource(Row row) { return resource(row, Untyped.class); }

    /** Reads what is at a path, such as /version or /metrics?a=b. The caller closes the body. */
    public HttpResponse<InputStream> request(String path) { return request("GET", path, null, null); }

    /**
     * Sends any request, also through a proxy of the server. The caller closes the body of the answer; one from 400 on is an ApiException.
     *
     * @param path begins with a slash, and has its query if there is one; both are escaped
     * @param contentType what the body is; null for none
     * @param body null for none
     */
    public HttpResponse<InputStream> request(String method, String path, String contentType, byte[] body) {
        if (!path.startsWith("/")) throw new IllegalArgumentException("request: \"" + path + "\" is no path");
        return http.send(new Request(method, path, new Query(), "*/*", contentType, body), new Ending());
    }

    /** Lets go of the connections. Watches and streams that are open end with their own close. */
    @Override
    public void close() { http.connections.close(); }
}
