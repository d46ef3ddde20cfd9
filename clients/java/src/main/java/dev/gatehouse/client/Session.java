package dev.gatehouse.client;

import com.google.gson.JsonParseException;
import dev.gatehouse.client.models.MetaV1.Status;
import dev.gatehouse.client.models.MetaV1.StatusCause;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A command that runs in a container, or what was attached to. Closing it ends the connection. */
public final class Session implements AutoCloseable {
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int RESIZE = 4;
    private static final int CLOSE = 255;

    private final Channels channels;
    private final ExecOptions options;
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();

    Session(Scope scope, String name, String how, ExecOptions options) {
        this.options = options;
        channels = Channels.open(scope, scope.path(name, how), options.query(), Channels.V5, Channels.V4);
        Thread t = new Thread(this::receive, how + " " + name);
        t.setDaemon(true);
        t.start();
    }

    /** The input. Closing it tells the command that there is no more, which version 4 of the protocol has no word for. */
    public OutputStream stdin() {
        return new OutputStream() {
            private boolean closed;

            @Override
            public void write(int b) throws IOException { write(new byte[] {(byte) b}, 0, 1); }

            @Override
            public void write(byte[] data, int from, int length) throws IOException {
                Objects.checkFromIndexSize(from, length, data.length);
                if (length > 0) channels.send(STDIN, data, from, length);
            }

            @Override
            public void close() throws IOException {
                if (!closed && channels.protocol().equals(Channels.V5)) channels.send(CLOSE, new byte[] {STDIN}, 0, 1);
                closed = true;
            }
        };
    }

    /** Tells a terminal its size, in columns and rows. */
    public void resize(int width, int height) throws IOException {
        byte[] size = ("{\"Width\":" + width + ",\"Height\":" + height + "}").getBytes(StandardCharsets.UTF_8);
        channels.send(RESIZE, size, 0, size.length);
    }

    /**
     * Waits for the end of the command.
     *
     * @return what it exited with
     * @throws ApiException if it could not be run
     */
    public int waitFor() throws InterruptedException {
        try {
            return exit.get();
        } catch (ExecutionException x) {
            if (x.getCause() instanceof RuntimeException r) throw r;
            throw new UncheckedIOException(x.getCause() instanceof IOException io ? io : new IOException(x.getCause()));
        }
    }

    @Override
    public void close() { channels.close(); }

    /** Writes what comes until the command has ended. */
    private void receive() {
        try {
            for (;;) {
                Channels.Message m = channels.next();
                OutputStream out = switch (m.channel()) {
                    case STDOUT -> options.stdout;
                    case STDERR -> options.stderr;
                    default -> null; // a stream that nobody wants, or the end of one
                };
                if (m.channel() == ERROR) {
                    exit.complete(exitOf(m.data()));
                    return;
                }
                if (out == null) continue;
                out.write(m.data());
                out.flush();
            }
        } catch (EOFException x) {
            exit.completeExceptionally(new EOFException("the connection ended before the command did"));
        } catch (IOException | RuntimeException x) {
            exit.completeExceptionally(x);
        } finally {
            channels.close();
        }
    }

    /** Reads the Status with which a command ends. */
    static int exitOf(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        Status status;
        try {
            status = Json.read(text, Status.class);
        } catch (JsonParseException x) {
            status = null;
        }
        if (status == null) throw new IllegalStateException("the end of a command is no Status: " + text);
        if ("Success".equals(status.getStatus())) return 0;
        if ("NonZeroExitCode".equals(status.getReason()) && status.getDetails() != null) {
            for (StatusCause cause : Objects.requireNonNullElse(status.getDetails().getCauses(), List.<StatusCause>of())) {
                boolean code = "ExitCode".equals(cause.getReason()) && cause.getMessage() != null && cause.getMessage().matches("[0-9]{1,9}");
                if (code) return Integer.parseInt(cause.getMessage());
            }
        }
        throw new ApiException(status);
    }
}
