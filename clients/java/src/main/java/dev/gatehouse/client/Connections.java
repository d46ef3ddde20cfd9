package dev.gatehouse.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;

/** The connections to a server, made with what a configuration says. */
final class Connections {
    static final Duration TIMEOUT = Duration.ofSeconds(30);

    Credentials credentials;
    private final Config config;
    private final URI base;
    private final String userAgent;
    private HttpClient http;
    private Identity shown;

    Connections(Config c) {
        config = c;
        base = address(c.host);
        credentials = Credentials.of(c);
        String own = "gatehouse-java/" + Client.VERSION + " (" + System.getProperty("os.name") + "/" + System.getProperty("os.arch") + ")";
        userAgent = c.userAgent == null || c.userAgent.isEmpty() ? own : c.userAgent + " " + own;
        http = c.httpClient != null ? c.httpClient : credentials instanceof ExecCredentials ? null : connect(credentialsOf(credentials));
    }

    private static Identity credentialsOf(Credentials fixed) {
        try {
            return fixed.identity();
        } catch (IOException x) {
            throw new IllegalStateException(x); // only plugins are asked for theirs
        }
    }

    private static URI address(String host) {
        try {
            URI out = URI.create(host == null ? "" : host);
            if (out.getHost() != null && ("https".equals(out.getScheme()) || "http".equals(out.getScheme()))) return out;
        } catch (IllegalArgumentException x) {
            // is told below
        }
        throw new IllegalArgumentException("address of the server: \"" + host + "\" is not like https://host:port");
    }

    /** The client for the next request. A new certificate needs new connections: a session that goes on is that of the old one. */
    synchronized HttpClient http() throws IOException {
        if (config.httpClient != null) return http;
        Identity now = credentials.identity();
        if (http == null || now != shown) http = connect(now);
        return http;
    }

    private HttpClient connect(Identity identity) {
        shown = identity;
        boolean plain = base.getScheme().equals("http"); // there HTTP/2 would begin with an upgrade, which no API server speaks
        HttpClient.Builder b = HttpClient.newBuilder().connectTimeout(TIMEOUT).sslContext(Tls.context(config, identity))
            .version(config.http1 || plain ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2);
        if (config.serverName != null && !config.serverName.isEmpty() && config.serverName.matches(".*[A-Za-z].*")) {
            SSLParameters p = new SSLParameters();
            p.setServerNames(List.of(new SNIHostName(config.serverName)));
            b.sslParameters(p);
        }
        if (config.proxyUrl != null && !config.proxyUrl.isEmpty()) b.proxy(proxy(config.proxyUrl));
        return b.build();
    }

    private static ProxySelector proxy(String url) {
        URI u = URI.create(url);
        if (u.getHost() == null || !"http".equals(u.getScheme())) throw new IllegalArgumentException("proxy: \"" + url + "\" is not like http://host:port");
        return ProxySelector.of(InetSocketAddress.createUnresolved(u.getHost(), u.getPort() < 0 ? 80 : u.getPort()));
    }

    /** A request with who asks and with what program. */
    HttpRequest.Builder request(Request r) throws IOException {
        HttpRequest.Builder b = HttpRequest.newBuilder(uri(r));
        b.header("User-Agent", userAgent);
        if (config.impersonate != null) config.impersonate.set(b);
        String who = credentials.header();
        if (who != null) b.header("Authorization", who);
        return b;
    }

    /** Forgets the connections of a client: those that nobody uses are closed when they are collected. */
    synchronized void forget(HttpClient used) {
        if (config.httpClient == null && http == used) http = null;
    }

    synchronized void close() { forget(http); }

    URI uri(Request r) {
        String root = base.toString();
        return URI.create((root.endsWith("/") ? root.substring(0, root.length() - 1) : root) + r.path() + r.query().encode());
    }
}
