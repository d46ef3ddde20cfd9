package dev.gatehouse.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The service account of the pod that this program runs in. */
public final class InCluster {
    private static final Path DIR = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");
    private static final String HOST = "KUBERNETES_SERVICE_HOST";
    private static final String PORT = "KUBERNETES_SERVICE_PORT";

    private InCluster() { }

    /** The configuration of the pod's service account. */
    public static Config load() { return load(System.getenv(), DIR); }

    static Config load(Map<String, String> env, Path dir) {
        String host = env.getOrDefault(HOST, "");
        String port = env.getOrDefault(PORT, "");
        if (host.isEmpty() || port.isEmpty()) throw new IllegalStateException("not in a cluster: " + HOST + " and " + PORT + " are not set");
        try {
            Path token = dir.resolve("token");
            Files.readString(token);
            Path namespace = dir.resolve("namespace");
            return new Config().host("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port).tokenFile(token)
                .ca(Files.readAllBytes(dir.resolve("ca.crt")))
                .namespace(Files.exists(namespace) ? Files.readString(namespace).strip() : null);
        } catch (IOException x) {
            throw new UncheckedIOException(x);
        }
    }

    /** Whether there is no kubeconfig, and a cluster around this program. */
    static boolean isOnlyWay() {
        return System.getenv(HOST) != null && Kubeconfig.defaultPaths(System.getenv("KUBECONFIG")).stream().noneMatch(Files::exists);
    }
}
