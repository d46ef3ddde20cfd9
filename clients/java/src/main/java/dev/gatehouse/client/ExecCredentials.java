package dev.gatehouse.client;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Runs a plugin when it has nothing that is still good, and keeps what it printed until it expires. */
final class ExecCredentials implements Credentials {
    Supplier<Instant> now = Instant::now;
    private final ExecPlugin plugin;
    /** The value of KUBERNETES_EXEC_INFO. */
    private final String info;
    private final Identity own;
    private boolean valid;
    private Status kept;
    private Identity printed;

    ExecCredentials(Config c, Identity own) {
        plugin = c.exec;
        info = info(c);
        this.own = own;
    }

    /** Tells a plugin in which version it is asked, and about the server if it wants to know. */
    private static String info(Config c) {
        JsonObject spec = new JsonObject();
        spec.addProperty("interactive", c.exec.interactive() && System.console() != null);
        if (c.exec.provideClusterInfo()) {
            JsonObject cluster = new JsonObject();
            cluster.addProperty("server", c.host);
            if (c.serverName != null) cluster.addProperty("tls-server-name", c.serverName);
            if (c.insecure) cluster.addProperty("insecure-skip-tls-verify", true);
            if (c.ca != null) cluster.add("certificate-authority-data", Json.GSON.toJsonTree(c.ca));
            if (c.proxyUrl != null) cluster.addProperty("proxy-url", c.proxyUrl);
            if (c.exec.extension() != null) cluster.add("config", c.exec.extension());
            spec.add("cluster", cluster);
        }
        JsonObject out = new JsonObject();
        out.addProperty("kind", "ExecCredential");
        out.addProperty("apiVersion", c.exec.apiVersion());
        out.add("spec", spec);
        return out.toString();
    }

    @Override
    public synchronized String header() throws IOException {
        refresh();
        return kept.token == null ? null : "Bearer " + kept.token;
    }

    @Override
    public synchronized Identity identity() throws IOException {
        refresh();
        return printed == null ? own : printed;
    }

    @Override
    public synchronized boolean renew() {
        valid = false;
        return true;
    }

    /** Runs the plugin unless what it printed is still good. The caller holds the lock, so that many requests at once run it once. */
    private void refresh() throws IOException {
        if (valid && (kept.expirationTimestamp == null || now.get().isBefore(kept.expirationTimestamp))) return;
        String said = run();
        Answer answer;
        try {
            answer = Json.read(said, Answer.class);
        } catch (JsonParseException x) {
            throw new IOException("credentials: " + plugin.command() + " printed no JSON: " + x.getMessage(), x);
        }
        if (answer == null || !"ExecCredential".equals(answer.kind) || !Objects.equals(plugin.apiVersion(), answer.apiVersion)) {
            String what = answer == null ? "nothing" : "a " + answer.kind + " of " + answer.apiVersion;
            throw new IOException("credentials: " + plugin.command() + " printed " + what + ", not an ExecCredential of " + plugin.apiVersion());
        }
        Status s = answer.status;
        if (s == null || s.token == null && s.clientCertificateData == null) {
            throw new IOException("credentials: " + plugin.command() + " printed neither a token nor a certificate");
        }
        // The same certificate stays the same object: connections that were made with it go on.
        if (kept == null || !Objects.equals(kept.clientCertificateData, s.clientCertificateData)) {
            printed = s.clientCertificateData == null ? null : Identity.of(bytes(s.clientCertificateData), bytes(s.clientKeyData));
        }
        kept = s;
        valid = true;
    }

    private static byte[] bytes(String s) { return s == null ? null : s.getBytes(StandardCharsets.UTF_8); }

    private String run() throws IOException {
        List<String> words = new ArrayList<>();
        Path command = Path.of(plugin.command());
        boolean relative = plugin.command().contains(File.separator) && !command.isAbsolute() && plugin.dir() != null;
        words.add(relative ? plugin.dir().resolve(command).toString() : plugin.command());
        words.addAll(plugin.args());
        ProcessBuilder builder = new ProcessBuilder(words);
        builder.environment().putAll(plugin.env());
        builder.environment().put("KUBERNETES_EXEC_INFO", info);
        if (plugin.interactive()) builder.redirectInput(ProcessBuilder.Redirect.INHERIT);
        Process process;
        try {
            process = builder.start();
        } catch (IOException x) {
            String hint = plugin.installHint() == null ? "" : "\n" + plugin.installHint();
            throw new IOException("credentials: " + x.getMessage() + hint, x);
        }
        if (!plugin.interactive()) process.getOutputStream().close();
        CompletableFuture<String> errors = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
        String out = text(process.getInputStream());
        try {
            if (process.waitFor() == 0) return out;
        } catch (InterruptedException x) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("credentials: " + plugin.command() + " was interrupted");
        }
        throw new IOException("credentials: " + plugin.command() + " ended with " + process.exitValue() + ": " + errors.join().strip());
    }

    private static String text(InputStream in) {
        try (in) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException x) {
            throw new UncheckedIOException(x);
        }
    }

    private static final class Answer {
        String kind;
        String apiVersion;
        Status status;
    }

    private static final class Status {
        Instant expirationTimestamp;
        String token;
        String clientCertificateData;
        String clientKeyData;
    }
}
