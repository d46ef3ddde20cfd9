package dev.gatehouse.client;

import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Whom the server is asked to act for. What is not said is null or empty. */
public record Impersonation(String user, String uid, List<String> groups, Map<String, List<String>> extra) {
    public static Impersonation of(String user) { return new Impersonation(user, null, List.of(), Map.of()); }

    void set(HttpRequest.Builder request) {
        if (user != null) request.header("Impersonate-User", user);
        if (uid != null) request.header("Impersonate-Uid", uid);
        if (groups != null) groups.forEach(g -> request.header("Impersonate-Group", g));
        if (extra != null) extra.forEach((name, values) ->
            values.forEach(v -> request.header("Impersonate-Extra-" + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"), v)));
    }
}
