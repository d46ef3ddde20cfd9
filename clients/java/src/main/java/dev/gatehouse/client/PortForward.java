package dev.gatehouse.client;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;

/** A connection to a port of a pod. */
public final class PortForward implements AutoCloseable {
    private static final int DATA = 0;
    private static final int FAULT = 1;
    /** Each channel begins with the number of the port. */
    private static final int HEAD = 2;

    private final Channels channels;
    private final boolean[] begun = new boolean[2];
    private final InputStream input = new Input();
    private final OutputStream output = new Output();

    PortForward(Scope scope, String name, int port) {
        channels = Channels.open(scope, scope.path(name, "portforward"), new Query().set("ports", port), Channels.V4);
    }

    /** What the port sends. What the server reports instead is thrown. */
    public InputStream input() { return input; }

    /** What the port gets. */
    public OutputStream output() { return output; }

    @Override
    public void close() { channels.close(); }

    /**
     * Connects whoever comes to a listener to a port of a pod, until the listener is closed. What goes wrong with one connection ends
     * that connection alone.
     *
     * @param failed is told what went wrong
     */
    public static void listen(Resource<?> pods, String name, int port, ServerSocket listener, Consumer<Exception> failed) throws IOException {
        while (!listener.isClosed()) {
            Socket in;
            try {
                in = listener.accept();
            } catch (IOException x) {
                if (listener.isClosed()) return;
                throw x;
            }
            daemon("port-forward " + name, () -> {
                try (in; PortForward out = pods.portForward(name, port)) {
                    out.join(in);
                } catch (IOException | RuntimeException x) {
                    failed.accept(x);
                }
            });
        }
    }

    /** Joins a connection with the port until one of the two ends. */
    private void join(Socket in) throws IOException {
        daemon("port-forward", () -> {
            try (this) {
                in.getInputStream().transferTo(output);
            } catch (IOException x) {
                // the other direction tells
            }
        });
        try {
            input.transferTo(in.getOutputStream());
        } catch (InterruptedIOException x) {
            // the caller of the listener has gone
        }
    }

    private static void daemon(String name, Runnable task) {
        Thread t = new Thread(task, name);
        t.setDaemon(true);
        t.start();
    }

    private final class Input extends InputStream {
        /** What of the last message has not been read. */
        private byte[] rest = {};

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            Objects.checkFromIndexSize(from, length, into.length);
            if (length == 0) return 0;
            while (rest.length == 0) {
                try {
                    take(channels.next());
                } catch (EOFException x) {
                    return -1;
                }
            }
            int n = Math.min(length, rest.length);
            System.arraycopy(rest, 0, into, from, n);
            rest = Arrays.copyOfRange(rest, n, rest.length);
            return n;
        }

        private void take(Channels.Message m) throws IOException {
            if (m.channel() > FAULT) return;
            byte[] data = m.data();
            if (!begun[m.channel()]) {
                begun[m.channel()] = true;
                if (data.length < HEAD) throw new IOException("port forward: a channel begins with " + data.length + " bytes instead of the port");
                data = Arrays.copyOfRange(data, HEAD, data.length);
            }
            if (m.channel() == FAULT && data.length > 0) throw new IOException("port forward: " + new String(data, StandardCharsets.UTF_8));
            if (m.channel() == DATA) rest = data;
        }

        @Override
        public void close() { PortForward.this.close(); }
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int b) throws IOException { write(new byte[] {(byte) b}, 0, 1); }

        @Override
        public void write(byte[] data, int from, int length) throws IOException {
            Objects.checkFromIndexSize(from, length, data.length);
            if (length > 0) channels.send(DATA, data, from, length);
        }

        @Override
        public void close() { PortForward.this.close(); }
    }
}
