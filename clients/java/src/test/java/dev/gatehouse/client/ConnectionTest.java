package dev.gatehouse.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** exec, attach, port-forward and logs against a peer that speaks as a kubelet does. */
@Timeout(60)
final class ConnectionTest {
    private static final String EXIT3 = "{\"status\":\"Failure\",\"message\":\"command terminated with exit code 3\",\"reason\":\"NonZeroExitCode\","
        + "\"details\":{\"causes\":[{\"reason\":\"ExitCode\",\"message\":\"3\"}]}}";
    private static final String NO_SHELL = "{\"status\":\"Failure\",\"message\":\"no such file\",\"reason\":\"InternalError\",\"code\":500}";
    private final AtomicReference<String> asked = new AtomicReference<>();

    private interface Talk {
        void with(WebSocketPeer peer) throws IOException;
    }

    private interface Use {
        void of(Resource<Untyped> pods) throws Exception;
    }

    /** Lets somebody use a peer that speaks some protocols. */
    private void between(Talk talk, Use use, String... protocols) throws Exception {
        try (Peer peer = new Peer(x -> {
            asked.set(x.target);
            WebSocketPeer w = new WebSocketPeer(x, protocols);
            talk.with(w);
            w.end();
        }); Client client = peer.client()) {
            use.of(client.resource(Peer.THINGS).in("n"));
            assertEquals(List.of(), peer.faults);
        }
    }

    private static int run(Resource<Untyped> pods, String... command) throws InterruptedException {
        try (Session s = pods.exec("web", new ExecOptions().command(command))) {
            return s.waitFor();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {Channels.V5, Channels.V4})
    void exec(String protocol) throws Exception {
        between(peer -> {
            StringBuilder input = new StringBuilder();
            // The fourth version has no end of the input: the command knows what it gets.
            for (String m = peer.hear(); m != null; m = peer.hear()) {
                if (m.charAt(0) == 0) input.append(m, 1, m.length());
                if (m.equals("\u00ff\0") || peer.protocol.equals(Channels.V4) && input.length() == 11) break;
            }
            peer.sayInParts(1, input.substring(0, 5).toUpperCase(Locale.ROOT), input.substring(5).toUpperCase(Locale.ROOT));
            peer.say(2, "warning");
            peer.say(1, "");
            peer.say(77, "a channel of the future");
            peer.say(3, "{\"metadata\":{},\"status\":\"Success\"}");
            peer.hear();
        }, pods -> {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            ExecOptions options = new ExecOptions().container("c").command("tr", "a-z", "A-Z").stdin(true).stdout(out).stderr(errors);
            try (Session s = pods.exec("web", options)) {
                try (OutputStream in = s.stdin()) {
                    in.write("hello ".getBytes(UTF_8));
                    for (byte b : "world".getBytes(UTF_8)) in.write(b);
                }
                assertEquals(0, s.waitFor());
            }
            assertEquals("HELLO WORLD warning", out.toString(UTF_8) + " " + errors.toString(UTF_8));
            assertEquals("/apis/example.com/v1/namespaces/n/things/web/exec?command=tr&command=a-z&command=A-Z&container=c&stderr=true&stdin=true&stdout=true&tty=false",
                asked.get());
        }, protocol);
        between(peer -> peer.say(3, EXIT3), pods -> assertEquals(3, run(pods, "false")), protocol);
        between(peer -> peer.say(3, NO_SHELL), pods -> assertEquals(500, assertThrows(ApiException.class, () -> run(pods, "sh")).code()), protocol);
        between(peer -> peer.say(3, "nonsense"), pods -> assertThrows(IllegalStateException.class, () -> run(pods, "sh")), protocol);
        between(peer -> peer.close(1000), pods -> assertTrue(assertThrows(UncheckedIOException.class, () -> run(pods, "sh")).getCause() instanceof EOFException), protocol);
        between(peer -> peer.close(1011), pods -> assertTrue(assertThrows(UncheckedIOException.class, () -> run(pods, "sh")).getMessage().contains("1011")), protocol);
        between(WebSocketPeer::breakOff, pods -> assertThrows(UncheckedIOException.class, () -> run(pods, "sh")), protocol);
    }

    @Test
    void refusals() throws Exception {
        try (Peer peer = new Peer(x -> x.refuse(405, "MethodNotAllowed")); Client client = peer.client()) {
            ApiException x = assertThrows(ApiException.class, () -> run(client.resource(Peer.THINGS).in("n"), "sh"));
            assertEquals("405 MethodNotAllowed no: MethodNotAllowed", x.code() + " " + x.reason() + " " + x.getMessage());
        }
        between(peer -> { }, pods -> {
            UncheckedIOException x = assertThrows(UncheckedIOException.class, () -> run(pods, "sh"));
            assertTrue(x.getMessage().contains("speaks none of"), x::getMessage);
        });
        assertThrows(UncheckedIOException.class, () -> run(Peer.nobody().resource(Peer.THINGS).in("n"), "sh"));
    }

    /** A token that the server refuses is read again. */
    @Test
    void renewed(@TempDir Path dir) throws Exception {
        Path token = Files.writeString(dir.resolve("token"), "one");
        try (Peer peer = new Peer(x -> {
            if (!x.header("authorization", "").equals("Bearer two")) {
                x.refuse(401, "Unauthorized");
                return;
            }
            WebSocketPeer w = new WebSocketPeer(x, Channels.V5);
            w.say(3, EXIT3);
            w.end();
        }); Client client = new Client(new Config().host(peer.url()).tokenFile(token))) {
            Resource<Untyped> pods = client.resource(Peer.THINGS).in("n");
            assertTrue(assertThrows(ApiException.class, () -> run(pods, "sh")).isUnauthorized());
            Files.writeString(token, "two");
            assertEquals(3, run(pods, "sh"));
        }
    }

    /** A terminal whose size changes, and a caller that has enough. */
    @Test
    void attach() throws Exception {
        between(peer -> {
            String m = peer.hear();
            peer.say(1, (int) m.charAt(0) + " " + m.substring(1));
            peer.hear(); // until the other side goes
        }, pods -> {
            CompletableFuture<String> seen = new CompletableFuture<>();
            OutputStream out = new ByteArrayOutputStream() {
                @Override
                public void flush() { seen.complete(toString(UTF_8)); }
            };
            Session session = pods.attach("web", new ExecOptions().tty(true).stdout(out).stderr(OutputStream.nullOutputStream()));
            session.resize(80, 24);
            assertEquals("4 {\"Width\":80,\"Height\":24}", seen.get());
            session.close();
            assertThrows(UncheckedIOException.class, session::waitFor);
            assertEquals("/apis/example.com/v1/namespaces/n/things/web/attach?stderr=false&stdin=false&stdout=true&tty=true", asked.get());
        }, Channels.V5);
    }

    private static void echo(WebSocketPeer peer) throws IOException {
        peer.say(0, "\u0090\u001f");
        peer.say(1, "\u0090\u001f");
        for (String m = peer.hear(); m != null; m = peer.hear()) {
            if (m.equals("\0fail")) peer.say(1, "connection refused");
            else peer.say(m.charAt(0), m.substring(1));
        }
    }

    private static void echoes(InputStream in, OutputStream out, String text) throws IOException {
        CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
            try {
                out.write(text.getBytes(UTF_8));
            } catch (IOException x) {
                throw new UncheckedIOException(x);
            }
        });
        assertEquals(text, new String(in.readNBytes(text.length()), UTF_8));
        sent.join();
    }

    @Test
    void portForward() throws Exception {
        between(ConnectionTest::echo, pods -> {
            try (PortForward port = pods.portForward("web", 8080)) {
                assertEquals("/apis/example.com/v1/namespaces/n/things/web/portforward?ports=8080", asked.get());
                echoes(port.input(), port.output(), "hello");
                echoes(port.input(), port.output(), "large".repeat(100_000));
                port.output().write("fail".getBytes(UTF_8));
                assertTrue(assertThrows(IOException.class, () -> port.input().read()).getMessage().contains("connection refused"));
            }
        }, Channels.V4);
        between(peer -> {
            peer.say(0, "\u0090\u001f");
            peer.say(0, "x");
            peer.close(1000);
        }, pods -> {
            try (PortForward port = pods.portForward("web", 8080)) {
                assertEquals("x", new String(port.input().readAllBytes(), UTF_8));
            }
        }, Channels.V4);
        between(peer -> peer.say(0, "x"), pods -> {
            try (PortForward port = pods.portForward("web", 8080)) {
                assertThrows(IOException.class, () -> port.input().read());
            }
        }, Channels.V4);
    }

    @Test
    void portForwardForAListener() throws Exception {
        between(ConnectionTest::echo, pods -> {
            List<Exception> failed = Collections.synchronizedList(new ArrayList<>());
            ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
            CompletableFuture<Void> ended = CompletableFuture.runAsync(() -> {
                try {
                    PortForward.listen(pods, "web", 8080, listener, failed::add);
                } catch (IOException x) {
                    throw new UncheckedIOException(x);
                }
            });
            for (int i = 0; i < 3; i++) {
                try (Socket local = new Socket(listener.getInetAddress(), listener.getLocalPort())) {
                    echoes(local.getInputStream(), local.getOutputStream(), "through a listener");
                }
            }
            listener.close();
            ended.get(30, TimeUnit.SECONDS);
            assertEquals(List.of(), failed);
        }, Channels.V4);
    }

    /** Lines with and without an end, and an answer that breaks off. */
    @Test
    void logLines() throws Exception {
        AtomicReference<Boolean> whole = new AtomicReference<>(true);
        try (Peer peer = new Peer(x -> {
            assertEquals("*/*", x.header("accept", ""));
            x.begin();
            x.piece("one\n\ntwo");
            if (whole.get()) x.end();
        }); Client client = peer.client()) {
            Resource<Untyped> pods = client.resource(Peer.THINGS).in("n");
            try (Stream<String> lines = pods.logLines("web", new LogOptions())) {
                assertEquals(List.of("one", "", "two"), lines.toList());
            }
            whole.set(false);
            try (Stream<String> lines = pods.logLines("web", new LogOptions())) {
                assertThrows(UncheckedIOException.class, lines::toList);
            }
            assertEquals(List.of(), peer.faults);
        }
    }
}
