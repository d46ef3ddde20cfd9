package dev.gatehouse.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KubeconfigTest {
    @TempDir
    private Path dir;

    private Path write(String name, String content) throws IOException { return Files.writeString(dir.resolve(name), content); }

    private static String b64(String s) { return Base64.getEncoder().encodeToString(s.getBytes(UTF_8)); }

    private Path config(Authority a, String url) throws IOException {
        KeyPair alice = Authority.curve("secp256r1");
        String cert = a.user("alice", alice.getPublic());
        String key = Authority.sec1(alice);
        write("ca.crt", a.pem());
        write("alice.crt", cert);
        write("alice.key", key);
        write("token", "from-a-file\n");
        return write("first", """
            apiVersion: v1
            kind: Config
            current-context: data
            preferences: {}
            clusters:
            - name: data
              cluster: {server: "%1$s", certificate-authority-data: %2$s}
            - name: files
              cluster: {server: "%1$s", certificate-authority: ca.crt}
            - name: insecure
              cluster: {server: "%1$s", insecure-skip-tls-verify: true}
            - name: named
              cluster: {server: "%1$s", certificate-authority: ca.crt, tls-server-name: server.example.com}
            users:
            - name: data
              user: {client-certificate-data: %3$s, client-key-data: %4$s}
            - name: files
              user: {client-certificate: alice.crt, client-key: alice.key}
            - name: token
              user: {token: 2026-01-02}
            - name: token-file
              user: {tokenFile: token, token: older}
            - name: basic
              user: {username: u, password: p}
            - name: other
              user: {token: secret, as: bob, as-uid: u-1, as-groups: [g1, g2], as-user-extra: {example.com/x: [why]}}
            contexts:
            - {name: data, context: {cluster: data, user: data, namespace: shop}}
            - {name: files, context: {cluster: files, user: files}}
            - {name: token, context: {cluster: insecure, user: token}}
            - {name: token-file, context: {cluster: files, user: token-file}}
            - {name: basic, context: {cluster: named, user: basic}}
            - {name: other, context: {cluster: files, user: other}}
            - {name: nobody, context: {cluster: files, user: ""}}
            - {name: no-cluster, context: {cluster: gone, user: data}}
            - {name: no-user, context: {cluster: data, user: gone}}
            """.formatted(url, b64(a.pem()), b64(cert), b64(key)));
    }

    @Test
    void contexts() throws Exception {
        Authority a = new Authority();
        try (Peer peer = new Peer(a.server(), WhoAmI::answer)) {
            Path first = config(a, peer.url());
            Map<String, Map<String, String>> want = Map.of("", Map.of("name", "alice"), "files", Map.of("name", "alice"),
                "token", Map.of("authorization", "Bearer 2026-01-02"), "token-file", Map.of("authorization", "Bearer from-a-file"),
                "basic", Map.of("authorization", "Basic " + b64("u:p")), "nobody", Map.of(),
                "other", Map.of("authorization", "Bearer secret", "impersonate", "bob", "uid", "u-1", "groups", "g1,g2", "extra", "why"));
            for (Map.Entry<String, Map<String, String>> e : want.entrySet()) {
                try (Client client = new Client(Kubeconfig.load(first, e.getKey()).userAgent("shop/1"))) {
                    assertEquals(e.getKey().isEmpty() ? "shop" : "default", client.namespace());
                    Map<String, String> got = WhoAmI.ask(client);
                    assertTrue(got.remove("agent").startsWith("shop/1 gatehouse-java/" + Client.VERSION + " ("));
                    got.values().removeIf(String::isEmpty);
                    assertEquals(e.getValue(), got, e.getKey());
                }
            }
            for (Map.Entry<String, String> e : Map.of("no-cluster", "cluster \"gone\"", "no-user", "user \"gone\"", "gone", "context \"gone\"").entrySet()) {
                Exception x = assertThrows(IllegalArgumentException.class, () -> Kubeconfig.load(first, e.getKey()));
                assertTrue(x.getMessage().contains("no " + e.getValue()), x::getMessage);
            }
            merged(first);
        }
    }

    private void merged(Path first) throws IOException {
        Path second = write("second", """
            current-context: ignored
            users: [{name: token, user: {token: ignored}}, {name: added, user: {token: added}}]
            contexts: [{name: added, context: {cluster: insecure, user: added}}]
            """);
        List<Path> paths = Kubeconfig.defaultPaths(String.join(File.pathSeparator, dir.resolve("missing").toString(), "", first.toString(), second.toString()));
        assertEquals(3, paths.size());
        assertEquals("2026-01-02", Kubeconfig.load(paths, false, "token").getToken());
        assertEquals("added", Kubeconfig.load(paths, false, "added").getToken());
        assertEquals("shop", Kubeconfig.load(paths, false, null).getNamespace());
        assertEquals(List.of(Path.of(System.getProperty("user.home"), ".kube", "config")), Kubeconfig.defaultPaths(null));
    }

    @Test
    void faults() throws IOException {
        Path missing = dir.resolve("missing");
        assertThrows(UncheckedIOException.class, () -> Kubeconfig.load(missing, null));
        assertThrows(UncheckedIOException.class, () -> Kubeconfig.load(List.of(missing), false, null));
        for (String text : List.of("a: [", "[]", "clusters: 1", "clusters: [{name: a, cluster: {certificate-authority-data: '?'}}]")) {
            assertThrows(UncheckedIOException.class, () -> Kubeconfig.load(write("broken", text), null), text);
        }
        for (String text : List.of("", "{}", "contexts:", "current-context: a\ncontexts: [{name: a}]")) {
            assertThrows(IllegalArgumentException.class, () -> Kubeconfig.load(write("empty", text), null), text);
        }
        for (String host : List.of("", "127.0.0.1:6443", "ftp://x", "https://", "http://a b")) {
            assertThrows(IllegalArgumentException.class, () -> new Client(new Config().host(host)), host);
        }
        assertThrows(IllegalArgumentException.class, () -> new Client(new Config().host("https://x").proxyUrl("socks5://y:1")));
        Request r = Request.get("/api/v1/pods", new Query().set("a", "b c"));
        assertEquals("https://x/clusters/a/api/v1/pods?a=b+c", new Connections(new Config().host("https://x/clusters/a/")).uri(r).toString());
    }

    /** An HTTP proxy is asked instead of the server, which is not there. */
    @Test
    void proxy() throws Exception {
        try (Peer peer = new Peer(x -> x.answer(Map.of("data", Map.of("target", x.target)))); Client client = new Client(
                new Config().host("http://server.invalid:8080").proxyUrl(peer.url()))) {
            assertEquals("http://server.invalid:8080/api/v1/namespaces/n/configmaps/x", WhoAmI.ask(client).get("target"));
        }
    }

    @Test
    void inCluster() throws IOException {
        Map<String, String> env = Map.of("KUBERNETES_SERVICE_HOST", "fd00::1", "KUBERNETES_SERVICE_PORT", "443");
        assertThrows(IllegalStateException.class, () -> InCluster.load(Map.of(), dir));
        assertThrows(UncheckedIOException.class, () -> InCluster.load(env, dir));
        write("token", "t");
        write("ca.crt", "ca");
        assertNull(InCluster.load(env, dir).getNamespace());
        write("namespace", "shop\n");
        Config got = InCluster.load(env, dir);
        assertEquals("https://[fd00::1]:443 shop ca", got.getHost() + " " + got.getNamespace() + " " + new String(got.getCa(), UTF_8));
        assertEquals(dir.resolve("token"), got.getTokenFile());
    }
}
