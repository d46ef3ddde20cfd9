package dev.gatehouse.client;

import com.google.gson.JsonParseException;
import com.google.gson.stream.MalformedJsonException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Sends requests, and sends them again where that is right. */
final class Http {
    static final int MAX_RETRIES = 10;
    /** How often a GET is sent again whose connection broke. */
    static final int MAX_RESENDS = 3;
    private static final Duration MAX_RETRY_AFTER = Duration.ofMinutes(1);
    private static final int MAX_ERROR_BODY = 1 << 20;

    /** Waits; tests do not. */
    interface Sleeper {
        void sleep(Duration time, Ending ending) throws InterruptedException;
    }

    /** Reads an answer. */
    interface Decoder<T> {
        T read(InputStream in) throws IOException;
    }

    /** How long an answer may be in coming: longer than servers work on a request. */
    Duration patience = Duration.ofSeconds(90);
    final Connections connections;
    Sleeper sleeper = (time, ending) -> ending.sleep(time);

    Http(Connections connections) { this.connections = connections; }

    /** Sends a request until it has an answer that is none of those to try again. From 400 on it is an error. The caller closes it. */
    HttpResponse<InputStream> send(Request r, Ending ending) {
        int resends = 0;
        boolean renewed = false;
        for (int tries = 0;; tries++) {
            HttpResponse<InputStream> response;
            try {
                response = exchange(r, ending);
            } catch (IOException x) {
                if (!r.method().equals("GET") || resends >= MAX_RESENDS || !broke(x) || ending.ended()) throw failed(r, x);
                resends++;
                sleep(Duration.ofMillis(50L * resends), ending);
                continue;
            }
            if (response.statusCode() < 400) return response;
            Duration after = retryAfter(response);
            ApiException failure = error(response);
            if (response.statusCode() == 401 && !renewed && connections.credentials.renew()) {
                renewed = true;
            } else if (after != null && tries < MAX_RETRIES && !ending.ended()) {
                sleep(after, ending);
            } else {
                throw failure;
            }
        }
    }

    /** Sends a request and reads the whole answer. A GET whose answer breaks off is sent again. */
    <T> T read(Request r, Decoder<T> decoder) {
        Ending ending = new Ending();
        for (int resends = 0;; resends++) {
            try (InputStream in = send(r, ending).body()) {
                T out = decoder.read(in);
                in.transferTo(OutputStream.nullOutputStream()); // lets the connection be used again
                return out;
            } catch (JsonParseException | MalformedJsonException x) {
                throw failed(r, new IOException("the answer is not what was asked for: " + x.getMessage(), x));
            } catch (IOException x) {
                if (!r.method().equals("GET") || resends >= MAX_RESENDS || x instanceof InterruptedIOException) throw failed(r, x);
            }
        }
    }

    private HttpResponse<InputStream> exchange(Request r, Ending ending) throws IOException {
        HttpRequest.Builder b = connections.request(r).header("Accept", r.accept());
        if (r.contentType() != null) b.header("Content-Type", r.contentType());
        b.method(r.method(), r.body() == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(r.body()));
        HttpClient client = connections.http();
        CompletableFuture<HttpResponse<InputStream>> running = client.sendAsync(b.build(), BodyHandlers.ofInputStream());
        ending.hold(() -> running.cancel(true));
        try {
            // The first line of a log may be long in coming, and who sends a request of his own knows how long it takes.
            return r.accept().equals(Request.JSON) ? running.get(patience.toNanos(), TimeUnit.NANOSECONDS) : running.get();
        } catch (TimeoutException x) {
            // The JDK does not find out that a peer has gone, and would send the next request over the same connection.
            running.cancel(true);
            connections.forget(client);
            throw new HttpTimeoutException("no answer within " + patience.toSeconds() + " s");
        } catch (ExecutionException x) {
            if (x.getCause() instanceof IOException io) throw io;
            throw new IOException(x.getCause());
        } catch (CancellationException x) {
            throw new InterruptedIOException("closed");
        } catch (InterruptedException x) {
            running.cancel(true);
            throw interrupted();
        }
    }

    void sleep(Duration time, Ending ending) {
        try {
            sleeper.sleep(time, ending);
        } catch (InterruptedException x) {
            throw new UncheckedIOException(interrupted());
        }
    }

    private static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted");
    }

    static UncheckedIOException failed(Request r, IOException x) {
        String why = x.getMessage() == null ? x.getClass().getSimpleName() : x.getMessage();
        return new UncheckedIOException(r + ": " + why, x);
    }

    private static ApiException error(HttpResponse<InputStream> response) {
        byte[] body;
        try (InputStream in = response.body()) {
            body = in.readNBytes(MAX_ERROR_BODY);
        } catch (IOException x) {
            body = new byte[0]; // what cannot be read is left out of the message
        }
        return ApiException.of(response.statusCode(), body);
    }

    /** Whether a connection ended before there was an answer. One that was never made is not tried again: the address is wrong, or nobody is there. */
    private static boolean broke(IOException x) {
        return !(x instanceof ConnectException || x instanceof HttpTimeoutException || x instanceof SSLException || x instanceof InterruptedIOException
            || x.getMessage() != null && x.getMessage().startsWith("credentials: "));
    }

    /** How long a server wants to be left alone before the same request; null where it does not say. */
    private static Duration retryAfter(HttpResponse<?> response) {
        int code = response.statusCode();
        String text = response.headers().firstValue("Retry-After").orElse("");
        if (code != 429 && code < 500 || !text.matches("[0-9]{1,9}")) return null;
        Duration out = Duration.ofSeconds(Integer.parseInt(text));
        return out.compareTo(MAX_RETRY_AFTER) > 0 ? MAX_RETRY_AFTER : out;
    }
}
