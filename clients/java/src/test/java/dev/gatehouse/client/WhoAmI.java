package dev.gatehouse.client;

import dev.gatehouse.client.models.CoreV1.ConfigMap;
import java.io.IOException;
import java.util.Map;

/** A server that answers every request with a config map that says who asked, and how. */
final class WhoAmI {
    private WhoAmI() { }

    static void answer(Peer.Exchange x) throws IOException {
        x.answer(Map.of("kind", "ConfigMap", "apiVersion", "v1", "data", Map.of("name", x.certificate(), "authorization", x.header("authorization", ""),
            "agent", x.header("user-agent", ""), "impersonate", x.header("impersonate-user", ""), "uid", x.header("impersonate-uid", ""),
            "groups", x.header("impersonate-group", ""), "extra", x.header("impersonate-extra-example.com%2fx", ""))));
    }

    static Map<String, String> ask(Client client) {
        ConfigMap m = client.coreV1().configMaps().in("n").get("x");
        return m.getData();
    }
}
