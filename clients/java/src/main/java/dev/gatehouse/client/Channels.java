package dev.gatehouse.client;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;

/** A WebSocket whose messages begin with the number of their channel. */
final class Channels implements AutoCloseable {
    static final String V5 = "v5.channel.k8s.io"; // channels can be closed
    static final String V4 = "v4.channel.k8s.io";
    private static final Duration PING = Duration.ofSeconds(20);
    /** How many pings may go by without an answer before the peer is taken for gone. */
    private static final int SILENCE = 3;
    private static final int CHUNK = 32 << 10;
    /**
     * How many messages are asked for before somebody takes them. Without one that is asked for, the JDK takes the end of a connection for an
     * error of its own, and forgets the last message.
     */
    private static final int AHEAD = 16;

    /** A message of a channel, or the end: an exception, which is an EOFException when the peer has closed in order. */
    record Message(int channel, byte[] data, IOException end) { }

    private final BlockingQueue<Message> messages = new LinkedBlockingQueue<>();
    private final WebSocket socket;
    private final Future<?> pings;
    private final Object sending = new Object();
    private volatile int silent;

    private Channels(Http http, Request r, String... protocols) throws IOException {
        HttpRequest with = http.connections.request(r).build();
        WebSocket.Builder b = http.connections.http().newWebSocketBuilder().connectTimeout(Connections.TIMEOUT);
        with.headers().map().forEach((name, values) -> values.forEach(v -> b.header(name, v)));
        b.subprotocols(protocols[0], Arrays.copyOfRange(protocols, 1, protocols.length));
        URI at = with.uri();
        socket = await(b.buildAsync(URI.create("ws" + at.toString().substring("http".length())), new Listener()));
        if (socket.getSubprotocol().isEmpty()) {
            socket.abort();
            throw new IOException("the server speaks none of " + String.join(", ", protocols));
        }
        pings = Timers.every(PING, this::ping);
    }

    /** Opens a WebSocket, with new credentials when the server refuses the old ones. */
    static Channels open(Scope scope, String path, Query query, String... protocols) {
        Http http = scope.client().http;
        Request r = Request.get(path, query);
        for (boolean renewed = false;; renewed = true) {
            try {
                return new Channels(http, r, protocols);
            } catch (WebSocketHandshakeException x) {
                int code = x.getResponse().statusCode();
                if (code == 401 && !renewed && http.connections.credentials.renew()) continue;
                if (code < 400) throw Http.failed(r, x);
                throw refused(x);
            } catch (IOException x) {
                throw Http.failed(r, x);
            }
        }
    }

    private static RuntimeException refused(WebSocketHandshakeException x) {
        Object body = x.getResponse().body();
        byte[] text = body instanceof byte[] raw ? raw : String.valueOf(body == null ? "" : body).getBytes(StandardCharsets.UTF_8);
        return ApiException.of(x.getResponse().statusCode(), text);
    }

    String protocol() { return socket.getSubprotocol(); }

    /** The next message that has something in it; an EOFException when the peer has closed the connection in order. */
    Message next() throws IOException {
        try {
            Message out = messages.take();
            if (out.end != null) {
                messages.add(out); // for whoever asks again
                throw out.end;
            }
            socket.request(1);
            return out;
        } catch (InterruptedException x) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Writes to a channel. */
    void send(int channel, byte[] data, int from, int length) throws IOException {
        int at = from;
        do {
            int n = Math.min(CHUNK, from + length - at);
            ByteBuffer message = ByteBuffer.allocate(1 + n).put((byte) channel).put(data, at, n).flip();
            synchronized (sending) {
                await(socket.sendBinary(message, true));
            }
            at += n;
        } while (at < from + length);
    }

    private static <T> T await(CompletableFuture<T> running) throws IOException {
        try {
            return running.get();
        } catch (ExecutionException x) {
            if (x.getCause() instanceof IOException io) throw io;
            throw new IOException(x.getCause());
        } catch (InterruptedException x) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private void ping() {
        if (silent >= SILENCE) {
            messages.add(new Message(0, null, new IOException("the peer answers no more")));
            socket.abort();
            pings.cancel(false);
            return;
        }
        silent++;
        socket.sendPing(ByteBuffer.allocate(0));
    }

    @Override
    public void close() {
        pings.cancel(false);
        // First, so that what follows of it is not taken for a fault of the peer.
        messages.add(new Message(0, null, new InterruptedIOException("closed")));
        if (socket.isOutputClosed()) {
            socket.abort();
        } else {
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "").whenComplete((s, x) -> socket.abort());
        }
    }

    /** Collects fragments to messages. One more is asked for when one was taken, so that a slow reader slows the peer down. */
    private final class Listener implements WebSocket.Listener {
        private final ByteArrayOutputStream parts = new ByteArrayOutputStream();

        @Override
        public void onOpen(WebSocket s) { s.request(AHEAD); }

        @Override
        public CompletionStage<?> onBinary(WebSocket s, ByteBuffer data, boolean last) {
            silent = 0;
            byte[] part = new byte[data.remaining()];
            data.get(part);
            parts.writeBytes(part);
            if (!last || parts.size() == 0) {
                s.request(1);
                return null;
            }
            byte[] whole = parts.toByteArray();
            parts.reset();
            messages.add(new Message(whole[0] & 0xff, Arrays.copyOfRange(whole, 1, whole.length), null));
            return null;
        }

        @Override
        public CompletionStage<?> onText(WebSocket s, CharSequence data, boolean last) {
            return onBinary(s, StandardCharsets.UTF_8.encode(data.toString()), last);
        }

        @Override
        public CompletionStage<?> onPong(WebSocket s, ByteBuffer data) {
            silent = 0;
            s.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPing(WebSocket s, ByteBuffer data) {
            silent = 0;
            s.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket s, int code, String why) {
            boolean inOrder = code == WebSocket.NORMAL_CLOSURE || code == 1001 || code == 1005;
            messages.add(new Message(0, null, inOrder ? new EOFException("the connection ended") : new IOException("the peer closed: " + code + " " + why)));
            return null;
        }

        @Override
        public void onError(WebSocket s, Throwable x) { messages.add(new Message(0, null, x instanceof IOException io ? io : new IOException(x))); }
    }
}
