package dev.gatehouse.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CredentialsTest {
    private static final String V1 = "client.authentication.k8s.io/v1";
    @TempDir
    private Path dir;
    private volatile String valid = "Bearer one";

    private Path write(String name, String content) throws IOException { return Files.writeString(dir.resolve(name), content); }

    /** Answers those who have what is valid. */
    private void guard(Peer.Exchange x) throws IOException {
        if (x.header("authorization", "").equals(valid)) WhoAmI.answer(x);
        else x.refuse(401, "Unauthorized");
    }

    private static String authorization(Client client) { return WhoAmI.ask(client).get("authorization"); }

    @Test
    void aTokenFileIsReadAgain() throws Exception {
        Authority a = new Authority();
        Path path = write("token", "one\n");
        try (Peer peer = new Peer(a.server(), this::guard);
                Client client = new Client(new Config().host(peer.url()).ca(a.pem().getBytes(UTF_8)).tokenFile(path))) {
            Instant[] now = {Instant.now()};
            ((TokenFile) client.http.connections.credentials).now = () -> now[0];
            assertEquals("Bearer one", authorization(client));
            write("token", "two");
            assertEquals("Bearer one", authorization(client));
            now[0] = now[0].plus(TokenFile.AGE);
            valid = "Bearer two";
            assertEquals("Bearer two", authorization(client));
            write("token", "three");
            valid = "Bearer three";
            assertEquals("Bearer three", authorization(client)); // refused once, read again
            Files.delete(path);
            now[0] = now[0].plus(TokenFile.AGE);
            assertEquals("Bearer three", authorization(client)); // a file that is gone for a moment
            valid = "Bearer four";
            assertTrue(assertThrows(ApiException.class, () -> authorization(client)).isUnauthorized());
        }
        try (Client client = new Client(new Config().host("http://127.0.0.1:1").tokenFile(write("empty", "\n")))) {
            assertThrows(UncheckedIOException.class, () -> authorization(client));
        }
    }

    /** Writes a command that prints what a file has, and notes each of its runs and what it was told. */
    private void plugin() throws IOException {
        Path script = write("plugin", "#!/bin/sh\ncd " + dir + "\necho run >> runs\nprintf %s \"$KUBERNETES_EXEC_INFO\" > info\n"
            + "printf %s \"$GREETING $*\" > args\ncat answer\n");
        assertTrue(script.toFile().setExecutable(true));
    }

    private void prints(String version, Map<String, Object> status) throws IOException {
        write("answer", Json.write(Map.of("kind", "ExecCredential", "apiVersion", version, "status", status)));
    }

    private int runs() throws IOException { return Files.readAllLines(dir.resolve("runs")).size(); }

    @ParameterizedTest
    @ValueSource(strings = {V1, "client.authentication.k8s.io/v1beta1"})
    void execPlugin(String version) throws Exception {
        Authority a = new Authority();
        plugin();
        write("ca", a.pem());
        Instant expires = Instant.now().plus(Duration.ofHours(1));
        try (Peer peer = new Peer(a.server(), this::guard)) {
            Path config = write("config", """
                current-context: c
                clusters:
                - name: c
                  cluster: {server: "%s", certificate-authority: ca, extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: me}}]}
                users:
                - name: u
                  user: {exec: {command: ./plugin, args: [a, b], env: [{name: GREETING, value: hello}], apiVersion: %s, provideClusterInfo: true, interactiveMode: Never}}
                contexts: [{name: c, context: {cluster: c, user: u}}]
                """.formatted(peer.url(), version));
            prints(version, Map.of("token", "one", "expirationTimestamp", Json.read(Json.write(expires), String.class)));
            try (Client client = Client.fromKubeconfig(config, null)) {
                for (int i = 0; i < 3; i++) assertEquals("Bearer one", authorization(client));
                assertEquals(1, runs());
                String info = Files.readString(dir.resolve("info"));
                for (String want : new String[] {"\"apiVersion\":\"" + version + "\"", "\"server\":\"" + peer.url() + "\"", "\"config\":{\"audience\":\"me\"}",
                        "\"interactive\":false", "\"certificate-authority-data\":\""}) {
                    assertTrue(info.contains(want), () -> want + " in " + info);
                }
                assertEquals("hello a b", Files.readString(dir.resolve("args")));
                // It runs again when its token has expired, and when the server refuses one that has not.
                ((ExecCredentials) client.http.connections.credentials).now = () -> expires;
                valid = "Bearer two";
                prints(version, Map.of("token", "two"));
                assertEquals("Bearer two 2", authorization(client) + " " + runs());
                valid = "Bearer three";
                prints(version, Map.of("token", "three"));
                assertEquals("Bearer three 3", authorization(client) + " " + runs());
                // Certificates instead of a token, one after the other.
                valid = "";
                for (String name : new String[] {"plugged", "replaced"}) {
                    KeyPair key = Authority.curve("secp256r1");
                    Map<String, Object> status = new LinkedHashMap<>(Map.of("clientCertificateData", a.user(name, key.getPublic()), "clientKeyData", Authority.sec1(key)));
                    prints(version, status);
                    client.http.connections.credentials.renew();
                    assertEquals(name, WhoAmI.ask(client).get("name"));
                }
            }
        }
    }

    private String fails(ExecPlugin plugin) {
        try (Client client = new Client(new Config().host("http://127.0.0.1:1").exec(plugin))) {
            return assertThrows(UncheckedIOException.class, () -> WhoAmI.ask(client)).getMessage();
        }
    }

    @Test
    void pluginsThatFail() throws IOException {
        plugin();
        ExecPlugin plugin = ExecPlugin.of(V1, dir.resolve("plugin").toString());
        Map<String, String> answers = Map.of("hello", "printed no JSON", "", "printed nothing",
            "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" + V1 + "alpha1\",\"status\":{\"token\":\"t\"}}", "not an ExecCredential of",
            "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" + V1 + "\",\"status\":{}}", "neither a token nor a certificate");
        for (Map.Entry<String, String> e : answers.entrySet()) {
            write("answer", e.getKey());
            String said = fails(plugin);
            assertTrue(said.contains(e.getValue()), said);
        }
        String said = fails(ExecPlugin.of(V1, "sh", "-c", "echo what is wrong >&2; exit 3"));
        assertTrue(said.contains("ended with 3: what is wrong"), said);
        said = fails(new ExecPlugin("no-such-plugin", List.of(), Map.of(), V1, "install it so", false, false, null, null));
        assertTrue(said.contains("install it so"), said);
    }
}
