package dev.gatehouse.client;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.annotations.SerializedName;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.yaml.snakeyaml.error.YAMLException;

/** Reads kubeconfig files. */
public final class Kubeconfig {
    private List<Named> clusters = new ArrayList<>();
    private List<Named> users = new ArrayList<>();
    private List<Named> contexts = new ArrayList<>();
    @SerializedName("current-context")
    private String currentContext;

    private Kubeconfig() { }

    /** The current context of the files of $KUBECONFIG, merged, or else of ~/.kube/config. */
    public static Config load() { return load(null, null); }

    /**
     * A context of the file at a path.
     *
     * @param path null for the files of {@link #load()}
     * @param context null for the current one
     */
    public static Config load(Path path, String context) {
        return load(path == null ? defaultPaths(System.getenv("KUBECONFIG")) : List.of(path), path != null, context);
    }

    /** Merges files: what one says first stays. Files that are missing are passed over, unless they must be there. */
    static Config load(List<Path> paths, boolean must, String context) {
        Kubeconfig merged = null;
        try {
            for (Path p : paths) {
                if (!must && !Files.exists(p)) continue;
                Kubeconfig file = read(p);
                if (merged == null) merged = new Kubeconfig();
                add(merged.clusters, file.clusters);
                add(merged.users, file.users);
                add(merged.contexts, file.contexts);
                if (empty(merged.currentContext)) merged.currentContext = file.currentContext;
            }
            if (merged == null) throw new FileNotFoundException("no kubeconfig: none of " + paths + " is there");
            return merged.config(context);
        } catch (IOException x) {
            throw new UncheckedIOException(x);
        }
    }

    static List<Path> defaultPaths(String variable) {
        if (empty(variable)) return List.of(Path.of(System.getProperty("user.home"), ".kube", "config"));
        List<Path> out = new ArrayList<>();
        for (String p : variable.split(File.pathSeparator)) {
            if (!p.isEmpty()) out.add(Path.of(p));
        }
        return out;
    }

    private static Kubeconfig read(Path path) throws IOException {
        Path dir = path.toAbsolutePath().getParent();
        try {
            Kubeconfig file = Json.GSON.fromJson(Yaml.read(Files.readString(path)), Kubeconfig.class);
            if (file == null) return new Kubeconfig();
            for (List<Named> list : List.of(orNone(file.clusters), orNone(file.users), orNone(file.contexts))) list.forEach(n -> n.dir = dir);
            return file;
        } catch (YAMLException | JsonParseException x) {
            throw new IOException(path + " is no kubeconfig: " + x.getMessage(), x);
        }
    }

    private static void add(List<Named> to, List<Named> from) {
        for (Named n : orNone(from)) {
            if (find(to, n.name) == null) to.add(n);
        }
    }

    private static Named find(List<Named> list, String name) {
        return list.stream().filter(n -> Objects.equals(n.name, name)).findFirst().orElse(null);
    }

    /** What a context says. */
    private Config config(String name) throws IOException {
        String chosen = empty(name) ? currentContext : name;
        if (empty(chosen)) throw new IllegalArgumentException("the kubeconfig has no current context");
        Context context = Objects.requireNonNullElseGet(must(contexts, "context", chosen, "").context, Context::new);
        String named = ", which context \"" + chosen + "\" names";
        Named in = must(clusters, "cluster", context.cluster, named);
        Cluster cluster = Objects.requireNonNullElseGet(in.cluster, Cluster::new);
        Config out = new Config().host(cluster.server).namespace(context.namespace).proxyUrl(cluster.proxyUrl).serverName(cluster.serverName)
            .insecure(cluster.insecure).ca(in.data(cluster.caData, cluster.caFile));
        if (empty(context.user)) return out;
        Named by = must(users, "user", context.user, named);
        if (by.user != null) by.user.into(out, by, cluster);
        return out;
    }

    private static Named must(List<Named> list, String what, String name, String why) {
        Named out = find(list, name);
        if (out == null) throw new IllegalArgumentException("the kubeconfig has no " + what + " \"" + name + "\"" + why);
        return out;
    }

    private static boolean empty(String s) { return s == null || s.isEmpty(); }

    private static <T> List<T> orNone(List<T> list) { return list == null ? List.of() : list; }

    /** An entry of one of the lists; dir is the folder of its file, where relative paths begin. */
    private static final class Named {
        String name;
        Cluster cluster;
        User user;
        Context context;
        transient Path dir;

        byte[] data(byte[] data, String file) throws IOException {
            if (data != null && data.length > 0 || empty(file)) return data;
            return Files.readAllBytes(dir.resolve(file));
        }
    }

    private static final class Context {
        String cluster;
        String user;
        String namespace;
    }

    private static final class Cluster {
        String server;
        @SerializedName("certificate-authority")
        String caFile;
        @SerializedName("certificate-authority-data")
        byte[] caData;
        @SerializedName("insecure-skip-tls-verify")
        boolean insecure;
        @SerializedName("tls-server-name")
        String serverName;
        @SerializedName("proxy-url")
        String proxyUrl;
        List<Extension> extensions;
    }

    private static final class Extension {
        String name;
        JsonElement extension;
    }

    private static final class User {
        String token;
        String tokenFile;
        @SerializedName("client-certificate")
        String certFile;
        @SerializedName("client-certificate-data")
        byte[] certData;
        @SerializedName("client-key")
        String keyFile;
        @SerializedName("client-key-data")
        byte[] keyData;
        String username;
        String password;
        @SerializedName("as")
        String asUser;
        @SerializedName("as-uid")
        String asUid;
        @SerializedName("as-groups")
        List<String> asGroups;
        @SerializedName("as-user-extra")
        Map<String, List<String>> asExtra;
        Exec exec;

        void into(Config out, Named by, Cluster cluster) throws IOException {
            out.certificate(by.data(certData, certFile), by.data(keyData, keyFile)).token(token).basic(username, password);
            if (!empty(tokenFile)) out.tokenFile(by.dir.resolve(tokenFile));
            if (!empty(asUser)) out.impersonate(new Impersonation(asUser, asUid, asGroups, asExtra));
            if (exec == null) return;
            Map<String, String> env = new LinkedHashMap<>();
            orNone(exec.env).forEach(v -> env.put(v.name, v.value));
            JsonElement extension = orNone(cluster.extensions).stream()
                .filter(e -> "client.authentication.k8s.io/exec".equals(e.name)).map(e -> e.extension).findFirst().orElse(null);
            out.exec(new ExecPlugin(exec.command, orNone(exec.args), env, exec.apiVersion, exec.installHint, exec.provideClusterInfo,
                !"Never".equals(exec.interactiveMode), by.dir, extension));
        }
    }

    private static final class Exec {
        String command;
        List<String> args;
        List<Variable> env;
        String apiVersion;
        String installHint;
        boolean provideClusterInfo;
        String interactiveMode;
    }

    private static final class Variable {
        String name;
        String value;
    }
}
