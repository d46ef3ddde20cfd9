import com.google.gson.reflect.TypeToken;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.util.Config;
import io.kubernetes.client.util.Watch;

public final class Main {
    public static void main(String[] args) throws Exception {
        if (args[0].equals("import")) {
            new CoreV1Api(new ApiClient());
            System.exit(0);
        }
        ApiClient client = Config.fromConfig(System.getenv("KUBECONFIG"));
        client.setReadTimeout(0);
        CoreV1Api core = new CoreV1Api(client);
        switch (args[0]) {
            case "first" -> System.out.println(core.listNamespace().execute().getItems().size());
            case "list" -> System.out.println(core.listPodForAllNamespaces().execute().getItems().size());
            case "watch" -> {
                int modified = 0;
                boolean ready = false;
                try (Watch<V1ConfigMap> watch = Watch.createWatch(client, core.listNamespacedConfigMap("bench").watch(true).buildCall(null), new TypeToken<Watch.Response<V1ConfigMap>>() { }.getType())) {
                    for (Watch.Response<V1ConfigMap> event : watch) {
                        if (!ready) {
                            ready = true;
                            System.out.println("ready");
                        }
                        if (event.type.equals("MODIFIED") && ++modified == 1000) break;
                    }
                }
            }
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.exit(0);
    }
}
