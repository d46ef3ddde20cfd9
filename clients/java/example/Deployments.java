package example;

import dev.gatehouse.client.ApiException;
import dev.gatehouse.client.Client;
import dev.gatehouse.client.Config;
import dev.gatehouse.client.Handlers;
import dev.gatehouse.client.Informer;
import dev.gatehouse.client.Options;
import dev.gatehouse.client.Resource;
import dev.gatehouse.client.models.AppsV1.Deployment;
import dev.gatehouse.client.models.CoreV1.ConfigMap;
import dev.gatehouse.client.models.MetaV1.ObjectMeta;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A small controller: it keeps the config map "deployments" of a namespace in step with the deployments that are labelled
 * "listed=yes": a line for each, with the number of its replicas.
 *
 * <pre>
 * make run                              # in the folder of the project
 * KUBECONFIG=gatehouse-data/admin.kubeconfig clients/java/example/run.sh
 * </pre>
 */
public final class Deployments {
    private static final String NAME = "deployments";

    private Deployments() { }

    public static void main(String[] args) throws InterruptedException {
        try (Client client = new Client(Config.auto().fieldManager("deployments-example"))) {
            run(client, args.length > 0 ? args[0] : client.namespace());
        }
    }

    /** Works until the informer ends or the thread is interrupted. */
    static void run(Client client, String namespace) throws InterruptedException {
        // A change says that there is something to do; what is to be done is read off the store. So changes that come together cost one
        // write.
        BlockingQueue<Boolean> wake = new ArrayBlockingQueue<>(1);
        Resource<Deployment> deployments = client.appsV1().deployments().in(namespace);
        try (Informer<Deployment> informer = deployments.informer(Handlers.changed(() -> wake.offer(true)), new Options().labelSelector("listed=yes"))) {
            informer.ended().whenComplete((nothing, error) -> wake.offer(true));
            informer.start().synced().join();
            do {
                write(client.coreV1().configMaps().in(namespace), informer.list());
                wake.take();
            } while (!informer.ended().isDone());
            informer.ended().join(); // throws what it ended with
        }
    }

    /** Makes the config map say what the deployments are. */
    private static void write(Resource<ConfigMap> maps, List<Deployment> deployments) {
        Map<String, String> data = new TreeMap<>();
        for (Deployment d : deployments) {
            Integer replicas = d.getSpec().getReplicas();
            data.put(d.name(), String.valueOf(replicas == null ? 1 : replicas));
        }
        try {
            if (data.equals(maps.get(NAME).getData())) return;
            maps.update(NAME, m -> m.data(data));
        } catch (ApiException x) {
            if (!x.isNotFound()) throw x;
            maps.create(new ConfigMap().metadata(new ObjectMeta().name(NAME)).data(data));
        }
        System.out.println(NAME + ": " + data);
    }
}
