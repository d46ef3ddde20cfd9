package dev.gatehouse.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A server of a test, which can do everything that servers and what is between do wrong. One request per connection, over HTTP/1.1. */
final class Peer implements AutoCloseable {
    /** A resource of the tests. */
    static final Row THINGS = new Row("example.com", "v1", "things", "Thing", "ThingList", "thing", List.of(), true, List.of(),
        List.of(new Row.Subresource("size", "example.com", "v1", "Size", List.of("get", "create"), List.of(), false)));

    interface Handler {
        void handle(Exchange x) throws Exception;
    }

    /** What went wrong in handlers. */
    final List<Throwable> faults = Collections.synchronizedList(new ArrayList<>());
    private final ServerSocket listener;
    private final String scheme;

    Peer(Handler handler) throws IOException { this(null, handler); }

    /** With a context it speaks TLS, and asks for certificates. */
    Peer(SSLContext tls, Handler handler) throws IOException {
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        listener = tls == null ? new ServerSocket(0, 50, loopback) : tls.getServerSocketFactory().createServerSocket(0, 50, loopback);
        if (listener instanceof SSLServerSocket s) s.setWantClientAuth(true);
        scheme = tls == null ? "http" : "https";
        daemon(() -> {
            while (true) {
                Socket socket;
                try {
                    socket = listener.accept();
                } catch (IOException x) {
                    return; // closed
                }
                daemon(() -> serve(socket, handler));
            }
        });
    }

    private static void daemon(Runnable task) {
        Thread t = new Thread(task, "peer");
        t.setDaemon(true);
        t.start();
    }

    private void serve(Socket socket, Handler handler) {
        try (socket) {
            handler.handle(new Exchange(socket));
        } catch (IOException x) {
            // a client that does not trust this server, or has heard enough and gone
        } catch (Exception | AssertionError x) {
            faults.add(x);
        }
    }

    String url() { return scheme + "://127.0.0.1:" + listener.getLocalPort(); }

    Client client() { return new Client(new Config().host(url())); }

    Resource<Untyped> things() { return client().resource(THINGS); }

    @Override
    public void close() throws IOException { listener.close(); }

    /** Makes a client note how long it would wait instead of waiting. */
    static List<Long> waits(Client client) {
        List<Long> out = Collections.synchronizedList(new ArrayList<>());
        client.http.sleeper = (time, ending) -> out.add(time.toMillis());
        return out;
    }

    /** An object of the tests. */
    static Map<String, Object> thing(String name, String version) {
        Map<String, Object> metadata = new LinkedHashMap<>(Map.of("name", name, "namespace", "n", "uid", "u-" + name, "resourceVersion", version));
        return new LinkedHashMap<>(Map.of("kind", "Thing", "apiVersion", "example.com/v1", "metadata", metadata));
    }

    static Untyped untyped(Object tree) { return Json.read(Json.write(tree), Untyped.class); }

    /** A client whose server is not there. */
    static Client nobody() { return new Client(new Config().host("http://127.0.0.1:1")); }

    /** A request and its answer. */
    static final class Exchange {
        final Socket socket;
        final InputStream in;
        final OutputStream out;
        final String method;
        final String target;
        final Map<String, List<String>> headers = new LinkedHashMap<>();
        final byte[] body;

        Exchange(Socket socket) throws IOException {
            this.socket = socket;
            in = new BufferedInputStream(socket.getInputStream());
            out = socket.getOutputStream();
            String[] words = line().split(" ");
            method = words[0];
            target = words[1];
            for (String line = line(); !line.isEmpty(); line = line()) {
                String[] pair = line.split(": *", 2);
                headers.computeIfAbsent(pair[0].toLowerCase(Locale.ROOT), n -> new ArrayList<>()).add(pair[1]);
            }
            body = in.readNBytes(Integer.parseInt(header("content-length", "0")));
        }

        private String line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) throw new EOFException();
                if (b != '\r') line.write(b);
            }
            return line.toString(StandardCharsets.ISO_8859_1);
        }

        String header(String name, String otherwise) { return String.join(",", headers.getOrDefault(name, List.of(otherwise))); }

        String body() { return new String(body, StandardCharsets.UTF_8); }

        /** A parameter of the query; empty when there is none. */
        String query(String name) {
            int mark = target.indexOf('?');
            for (String pair : mark < 0 ? new String[0] : target.substring(mark + 1).split("&")) {
                if (pair.startsWith(name + "=")) return URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8);
            }
            return "";
        }

        /** The name in the client's certificate; empty when it shows none. */
        String certificate() {
            try {
                return ((SSLSocket) socket).getSession().getPeerPrincipal().getName().replace("CN=", "");
            } catch (javax.net.ssl.SSLPeerUnverifiedException x) {
                return "";
            }
        }

        void answer(Object json) throws IOException { answer(200, json instanceof String s ? s : Json.write(json)); }

        void answer(int code, String text, String... more) throws IOException {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            head(code, "Content-Length: " + bytes.length, more);
            out.write(bytes);
            out.flush();
        }

        void refuse(int code, String reason, String... more) throws IOException {
            answer(code, Json.write(Map.of("kind", "Status", "apiVersion", "v1", "status", "Failure", "code", code, "reason", reason, "message", "no: " + reason)), more);
        }

        private void head(int code, String first, String... more) throws IOException {
            String lines = "HTTP/1.1 " + code + " whatever\r\nContent-Type: application/json\r\nConnection: close\r\n" + first + "\r\n";
            for (String m : more) lines += m + "\r\n";
            out.write((lines + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        }

        /** Begins an answer in pieces. */
        void begin() throws IOException {
            head(200, "Transfer-Encoding: chunked");
            out.flush();
        }

        void piece(String text) throws IOException {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            out.write(bytes);
            out.write("\r\n".getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        void end() throws IOException {
            out.write("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        /** Waits until the client goes. */
        void hang() throws IOException {
            try {
                while (in.read() >= 0) { }
            } catch (IOException x) {
                // it has gone the hard way
            }
        }
    }
}
