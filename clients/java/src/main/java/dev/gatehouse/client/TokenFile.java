package dev.gatehouse.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/** A token that somebody else keeps fresh. */
final class TokenFile implements Credentials {
    /** How long a token is used before the file is read again. */
    static final Duration AGE = Duration.ofMinutes(1);

    Supplier<Instant> now = Instant::now;
    private final Path path;
    private final Identity identity;
    private String token = "";
    private Instant read = Instant.EPOCH;

    TokenFile(Path path, Identity identity) {
        this.path = path;
        this.identity = identity;
    }

    @Override
    public synchronized String header() throws IOException {
        if (token.isEmpty() || !now.get().isBefore(read.plus(AGE))) {
            try {
                String fresh = Files.readString(path).strip();
                if (fresh.isEmpty()) throw new IOException("token: " + path + " is empty");
                token = fresh;
                read = now.get();
            } catch (IOException x) { // a file that is gone for a moment is no reason to have no token
                if (token.isEmpty()) throw x;
            }
        }
        return "Bearer " + token;
    }

    @Override
    public Identity identity() { return identity; }

    @Override
    public synchronized boolean renew() {
        read = Instant.EPOCH;
        return true;
    }
}
