package dev.gatehouse.client;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatehouse.client.models.AppsV1.Deployment;
import dev.gatehouse.client.models.AppsV1.DeploymentSpec;
import dev.gatehouse.client.models.CoreV1.Container;
import dev.gatehouse.client.models.CoreV1.Namespace;
import dev.gatehouse.client.models.CoreV1.PodSpec;
import dev.gatehouse.client.models.CoreV1.PodTemplateSpec;
import dev.gatehouse.client.models.MetaV1.LabelSelector;
import dev.gatehouse.client.models.MetaV1.ObjectMeta;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example, as a program of its own, keeps its config map in step. */
@Timeout(120)
final class ExampleTest {
    @Test
    void deployments() throws Exception {
        String namespace = Server.unique("java-example");
        try (Client client = Server.client()) {
            client.coreV1().namespaces().create(new Namespace().metadata(new ObjectMeta().name(namespace)));
            Resource<Deployment> deployments = client.appsV1().deployments().in(namespace);
            deployments.create(deployment("web", Map.of("listed", "yes")));
            deployments.create(deployment("hidden", Map.of()));
            ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "-cp", System.getProperty("java.class.path"), "example.Deployments", namespace);
            builder.environment().put("KUBECONFIG", Server.variable("GATEHOUSE_KUBECONFIG"));
            Process example = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            try {
                says(client, namespace, example, Map.of("web", "2"));
                deployments.create(deployment("db", Map.of("listed", "yes")));
                deployments.scale("web", 5);
                says(client, namespace, example, Map.of("web", "5", "db", "2"));
                deployments.delete("web");
                says(client, namespace, example, Map.of("db", "2"));
            } finally {
                example.destroy();
                assertTrue(example.waitFor(60, TimeUnit.SECONDS));
                client.coreV1().namespaces().delete(namespace);
            }
        }
    }

    private static Deployment deployment(String name, Map<String, String> labels) {
        Map<String, String> app = Map.of("app", name);
        return new Deployment().metadata(new ObjectMeta().name(name).labels(labels)).spec(new DeploymentSpec().replicas(2)
            .selector(new LabelSelector().matchLabels(app)).template(new PodTemplateSpec().metadata(new ObjectMeta().labels(app))
                .spec(new PodSpec().containers(List.of(new Container().name("c").image("nginx"))))));
    }

    private static void says(Client client, String namespace, Process example, Map<String, String> want) throws InterruptedException {
        Server.until("the config map says " + want, () -> {
            assertTrue(example.isAlive(), "the example has ended");
            try {
                return want.equals(client.coreV1().configMaps().in(namespace).get("deployments").getData());
            } catch (ApiException x) {
                if (x.isNotFound()) return false;
                throw x;
            }
        });
    }
}
