import io.kubernetes.client.custom.IntOrString;
import io.kubernetes.client.custom.Quantity;
import io.kubernetes.client.custom.V1Patch;
import io.kubernetes.client.informer.ResourceEventHandler;
import io.kubernetes.client.informer.SharedInformerFactory;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.apis.AppsV1Api;
import io.kubernetes.client.openapi.apis.CoordinationV1Api;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.*;
import io.kubernetes.client.util.Config;
import io.kubernetes.client.util.PatchUtils;
import io.kubernetes.client.util.Watch;
import io.kubernetes.client.util.generic.GenericKubernetesApi;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.*;
import java.util.concurrent.*;

/** The official Java client's utilities over classes that were made from our v2 document. */
public final class Foreign {
    private static void check(boolean good, String what) {
        if (!good) throw new AssertionError(what);
    }

    public static void main(String[] args) throws Exception {
        // Ours come first on the class path: what is tested is what was made from our document.
        check(V1Pod.class.getProtectionDomain().getCodeSource().getLocation().getPath().endsWith("/classes/"), "the classes are not ours");
        ApiClient client = Config.fromConfig(args[0]);
        client.setReadTimeout(0);
        CoreV1Api core = new CoreV1Api(client);
        AppsV1Api apps = new AppsV1Api(client);
        String ns = "foreign-" + Long.toHexString(System.nanoTime());
        core.createNamespace(new V1Namespace().metadata(new V1ObjectMeta().name(ns))).execute();

        V1Pod pod = core.createNamespacedPod(ns, new V1Pod().metadata(new V1ObjectMeta().name("web")).spec(new V1PodSpec().addContainersItem(new V1Container()
            .name("c").image("nginx").addPortsItem(new V1ContainerPort().name("web").containerPort(80))
            .readinessProbe(new V1Probe().httpGet(new V1HTTPGetAction().port(new IntOrString("web"))))
            .livenessProbe(new V1Probe().httpGet(new V1HTTPGetAction().port(new IntOrString(80))))
            .resources(new V1ResourceRequirements().putRequestsItem("cpu", new Quantity("1.5")))))).execute();
        check(pod.getSpec().getContainers().get(0).getResources().getRequests().get("cpu").toSuffixedString().equals("1500m"), "cpu");

        V1Deployment d = apps.createNamespacedDeployment(ns, new V1Deployment().metadata(new V1ObjectMeta().name("web")).spec(new V1DeploymentSpec()
            .selector(new V1LabelSelector().matchLabels(Map.of("app", "web")))
            .strategy(new V1DeploymentStrategy().rollingUpdate(new V1RollingUpdateDeployment().maxSurge(new IntOrString(2)).maxUnavailable(new IntOrString("30%"))))
            .template(new V1PodTemplateSpec().metadata(new V1ObjectMeta().labels(Map.of("app", "web"))).spec(new V1PodSpec().addContainersItem(new V1Container().name("c").image("nginx")))))).execute();
        check(d.getSpec().getStrategy().getRollingUpdate().getMaxSurge().getIntValue() == 2, "maxSurge");
        d = PatchUtils.patch(V1Deployment.class, () -> apps.patchNamespacedDeployment("web", ns, new V1Patch("{\"spec\":{\"replicas\":5}}")).buildCall(null), V1Patch.PATCH_FORMAT_JSON_MERGE_PATCH, client);
        check(d.getSpec().getReplicas() == 5, "merge patch");
        d = PatchUtils.patch(V1Deployment.class, () -> apps.patchNamespacedDeployment("web", ns, new V1Patch("[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":3}]")).buildCall(null), V1Patch.PATCH_FORMAT_JSON_PATCH, client);
        check(d.getSpec().getReplicas() == 3, "JSON patch");

        byte[] bytes = {0, 1, (byte) 0xff};
        check(Arrays.equals(core.createNamespacedSecret(ns, new V1Secret().metadata(new V1ObjectMeta().name("s")).data(Map.of("k", bytes))).execute().getData().get("k"), bytes), "bytes");
        OffsetDateTime moment = OffsetDateTime.parse("2026-03-01T12:00:00.123456Z");
        V1Lease lease = new CoordinationV1Api(client).createNamespacedLease(ns, new V1Lease().metadata(new V1ObjectMeta().name("l")).spec(new V1LeaseSpec().renewTime(moment))).execute();
        check(lease.getSpec().getRenewTime().isEqual(moment), "renewTime");

        SharedInformerFactory factory = new SharedInformerFactory(client);
        GenericKubernetesApi<V1ConfigMap, V1ConfigMapList> maps = new GenericKubernetesApi<>(V1ConfigMap.class, V1ConfigMapList.class, "", "v1", "configmaps", client);
        CountDownLatch seen = new CountDownLatch(5);
        var informer = factory.sharedIndexInformerFor(maps, V1ConfigMap.class, 0, ns);
        informer.addEventHandler(new ResourceEventHandler<V1ConfigMap>() {
            public void onAdd(V1ConfigMap m) { if (m.getMetadata().getName().startsWith("c")) seen.countDown(); }
            public void onUpdate(V1ConfigMap old, V1ConfigMap m) { }
            public void onDelete(V1ConfigMap m, boolean unknown) { }
        });
        factory.startAllRegisteredInformers();
        for (int i = 0; i < 5; i++) core.createNamespacedConfigMap(ns, new V1ConfigMap().metadata(new V1ObjectMeta().name("c" + i))).execute();
        check(seen.await(60, TimeUnit.SECONDS), "the informer does not see all config maps");
        factory.stopAllRegisteredInformers();
        Set<String> names = new TreeSet<>();
        String next = null;
        int pages = 0;
        do {
            V1ConfigMapList page = core.listNamespacedConfigMap(ns).limit(2)._continue(next).execute();
            page.getItems().forEach(m -> names.add(m.getMetadata().getName()));
            next = page.getMetadata().getContinue();
            pages++;
        } while (next != null);
        check(pages >= 3 && names.containsAll(List.of("c0", "c1", "c2", "c3", "c4")), "pages: " + names);

        List<String> events = new ArrayList<>();
        try (Watch<V1Pod> watch = Watch.createWatch(client, core.listNamespacedPod(ns).watch(true).buildCall(null), new com.google.gson.reflect.TypeToken<Watch.Response<V1Pod>>() { }.getType())) {
            for (Watch.Response<V1Pod> event : watch) {
                events.add(event.type);
                if (event.type.equals("ADDED")) core.deleteNamespacedPod("web", ns).gracePeriodSeconds(0).execute();
                if (event.type.equals("DELETED")) break;
            }
        }
        check(events.get(0).equals("ADDED"), "events: " + events);
        try {
            core.readNamespacedPod("nope", ns).execute();
            check(false, "what is not there is found");
        } catch (ApiException e) {
            check(e.getCode() == 404 && e.getResponseBody().contains("NotFound"), "404: " + e.getResponseBody());
        }
        core.deleteNamespace(ns).execute();
        System.out.println("client-java's utilities work over our classes");
        System.exit(0); // its thread pools would keep the program
    }
}
