package dev.gatehouse.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Who asks. */
interface Credentials {
    /** The header Authorization; null for none. */
    String header() throws IOException;

    /** The certificate to show; null for none. Another one means new connections. */
    Identity identity() throws IOException;

    /** Gets new credentials after the server refused the old ones; false when there are no others. */
    default boolean renew() { return false; }

    /** Picks the credentials of a configuration: a certificate goes with each of the others. */
    static Credentials of(Config c) {
        Identity own = Identity.of(c.cert, c.key);
        if (c.tokenFile != null) return new TokenFile(c.tokenFile, own);
        if (said(c.token)) return new Fixed("Bearer " + c.token, own);
        if (said(c.username)) {
            String pair = c.username + ":" + (c.password == null ? "" : c.password);
            return new Fixed("Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)), own);
        }
        return c.exec != null ? new ExecCredentials(c, own) : new Fixed(null, own);
    }

    private static boolean said(String s) { return s != null && !s.isEmpty(); }

    /** Credentials that never change. */
    record Fixed(String header, Identity identity) implements Credentials { }
}
