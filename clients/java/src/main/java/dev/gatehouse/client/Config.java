package dev.gatehouse.client;

import java.net.http.HttpClient;
import java.nio.file.Path;

/** Where a server is and who asks. {@link Kubeconfig} and {@link InCluster} fill one in. */
public final class Config {
    String host;
    String namespace;
    byte[] ca;
    byte[] cert;
    byte[] key;
    String serverName;
    boolean insecure;
    String token;
    Path tokenFile;
    String username;
    String password;
    ExecPlugin exec;
    Impersonation impersonate;
    String proxyUrl;
    boolean http1;
    String userAgent;
    String fieldManager;
    HttpClient httpClient;

    /** A kubeconfig if there is one, else the service account of the pod that this program runs in. */
    public static Config auto() { return InCluster.isOnlyWay() ? InCluster.load() : Kubeconfig.load(); }

    /** The address: https://10.0.0.1:6443. */
    public Config host(String value) { host = value; return this; }

    public String getHost() { return host; }

    /** The namespace of the kubeconfig's context or of the pod's service account; null where none is named. */
    public Config namespace(String value) { namespace = value; return this; }

    public String getNamespace() { return namespace; }

    /** The authorities to trust, in PEM; those of the JVM when there are none. */
    public Config ca(byte[] pem) { ca = pem; return this; }

    public byte[] getCa() { return ca; }

    /** The client certificate, with its chain, and its key, in PEM. */
    public Config certificate(byte[] certPem, byte[] keyPem) { cert = certPem; key = keyPem; return this; }

    /** The name in the server's certificate, instead of the address. */
    public Config serverName(String value) { serverName = value; return this; }

    /** Trusts every server. */
    public Config insecure(boolean value) { insecure = value; return this; }

    public Config token(String value) { token = value; return this; }

    public String getToken() { return token; }

    /** A file with a token, which is read again after a minute, and when the server refuses what it had. */
    public Config tokenFile(Path value) { tokenFile = value; return this; }

    public Path getTokenFile() { return tokenFile; }

    public Config basic(String user, String secret) { username = user; password = secret; return this; }

    /** A command that prints credentials. */
    public Config exec(ExecPlugin value) { exec = value; return this; }

    /** Whom the server is asked to act for. */
    public Config impersonate(Impersonation value) { impersonate = value; return this; }

    /** An HTTP proxy; without one the JVM's proxy selector decides. */
    public Config proxyUrl(String value) { proxyUrl = value; return this; }

    /** Keeps to HTTP/1.1. */
    public Config http1(boolean value) { http1 = value; return this; }

    /** The program's name and version, which are put in front of the client's own. */
    public Config userAgent(String value) { userAgent = value; return this; }

    /** The name under which writes own fields; gatehouse-java when there is none. */
    public Config fieldManager(String value) { fieldManager = value; return this; }

    /** Is used instead of a client made of the fields above. Its certificates are its own affair. */
    public Config httpClient(HttpClient value) { httpClient = value; return this; }
}
