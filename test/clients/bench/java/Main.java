import dev.gatehouse.client.Client;
import dev.gatehouse.client.Config;
import dev.gatehouse.client.Watch;
import dev.gatehouse.client.models.CoreV1.ConfigMap;

/** What make bench-clients measures of this client; test/clients/bench.go says what it is asked for. */
public final class Main {
    private Main() { }

    public static void main(String[] args) {
        if (args[0].equals("import")) {
            new Client(new Config().host("https://127.0.0.1")).coreV1().pods();
            return;
        }
        try (Client client = Client.fromKubeconfig()) {
            switch (args[0]) {
                case "first" -> System.out.println(client.coreV1().namespaces().page().items().size());
                case "list" -> System.out.println(client.coreV1().pods().page().items().size());
                case "watch" -> watch(client);
                default -> throw new IllegalArgumentException(args[0]);
            }
        }
    }

    private static void watch(Client client) {
        int modified = 0;
        boolean ready = false;
        try (Watch<ConfigMap> watch = client.coreV1().configMaps().in("bench").watch()) {
            for (Watch.Event<ConfigMap> event : watch) {
                if (!ready) {
                    ready = true;
                    System.out.println("ready");
                }
                if (event.type().equals(Watch.Event.MODIFIED) && ++modified == 1000) return;
            }
        }
    }
}
