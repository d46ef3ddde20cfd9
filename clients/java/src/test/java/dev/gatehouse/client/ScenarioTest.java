package dev.gatehouse.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonParser;
import dev.gatehouse.client.models.ApiextensionsV1.CustomResourceDefinition;
import dev.gatehouse.client.models.ApiextensionsV1.CustomResourceDefinitionNames;
import dev.gatehouse.client.models.ApiextensionsV1.CustomResourceDefinitionSpec;
import dev.gatehouse.client.models.ApiextensionsV1.CustomResourceDefinitionVersion;
import dev.gatehouse.client.models.ApiextensionsV1.CustomResourceValidation;
import dev.gatehouse.client.models.ApiextensionsV1.JSONSchemaProps;
import dev.gatehouse.client.models.AppsV1.ControllerRevision;
import dev.gatehouse.client.models.AppsV1.Deployment;
import dev.gatehouse.client.models.AppsV1.DeploymentSpec;
import dev.gatehouse.client.models.AppsV1.DeploymentStrategy;
import dev.gatehouse.client.models.AppsV1.RollingUpdateDeployment;
import dev.gatehouse.client.models.AuthenticationV1.TokenRequestStatus;
import dev.gatehouse.client.models.AutoscalingV1.Scale;
import dev.gatehouse.client.models.CoordinationV1.Lease;
import dev.gatehouse.client.models.CoordinationV1.LeaseSpec;
import dev.gatehouse.client.models.CoreV1.ConfigMap;
import dev.gatehouse.client.models.CoreV1.Container;
import dev.gatehouse.client.models.CoreV1.ContainerPort;
import dev.gatehouse.client.models.CoreV1.HTTPGetAction;
import dev.gatehouse.client.models.CoreV1.Namespace;
import dev.gatehouse.client.models.CoreV1.Pod;
import dev.gatehouse.client.models.CoreV1.PodSpec;
import dev.gatehouse.client.models.CoreV1.PodTemplateSpec;
import dev.gatehouse.client.models.CoreV1.Probe;
import dev.gatehouse.client.models.CoreV1.ResourceRequirements;
import dev.gatehouse.client.models.CoreV1.Secret;
import dev.gatehouse.client.models.CoreV1.ServiceAccount;
import dev.gatehouse.client.models.MetaV1.LabelSelector;
import dev.gatehouse.client.models.MetaV1.ManagedFieldsEntry;
import dev.gatehouse.client.models.MetaV1.ObjectMeta;
import dev.gatehouse.client.models.RbacV1.PolicyRule;
import dev.gatehouse.client.models.RbacV1.Role;
import dev.gatehouse.client.models.RbacV1.RoleBinding;
import dev.gatehouse.client.models.RbacV1.RoleRef;
import dev.gatehouse.client.models.RbacV1.Subject;
import java.io.InputStream;
import java.math.BigDecimal;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** clients/scenario.md: by certificate and by token, over HTTP/2 and HTTP/1.1. */
final class ScenarioTest {
    @TestFactory
    List<DynamicNode> scenario() {
        List<DynamicNode> out = new ArrayList<>();
        for (HttpClient.Version version : HttpClient.Version.values()) {
            for (String way : List.of("certificate", "token")) {
                out.add(DynamicContainer.dynamicContainer(version + " " + way, new Run(version, way).steps()));
            }
        }
        return out;
    }

    private static final class Run {
        final HttpClient.Version version;
        final boolean admin;
        final String namespace;
        final Client administrator;
        Client client;

        Run(HttpClient.Version version, String way) {
            this.version = version;
            admin = way.equals("certificate");
            namespace = Server.unique("java-" + way);
            administrator = new Client(config());
        }

        Config config() { return Server.config().http1(version == HttpClient.Version.HTTP_1_1); }

        List<DynamicNode> steps() {
            Map<String, Executable> steps = new TreeMap<>(Map.of("1 begin", this::begin, "2 pod", this::pod, "3 deployment", this::deployment,
                "4 values", this::values, "5 pages", this::pages, "6 watch", this::watch, "7 errors", this::errors, "8 apply", this::apply,
                "9 end", this::end));
            if (admin) steps.put("4 values of a definition", this::definition);
            List<DynamicNode> out = new ArrayList<>();
            steps.forEach((name, step) -> out.add(dynamicTest(name, step)));
            return out;
        }

        void begin() throws Exception {
            Namespace made = administrator.coreV1().namespaces().create(new Namespace().metadata(new ObjectMeta().name(namespace)));
            assertEquals("Active", made.getStatus().getPhase());
            client = admin ? administrator : robot();
            HttpResponse<InputStream> answer = client.request("/version");
            answer.body().close();
            assertEquals(version, answer.version());
        }

        /** The client of a service account that may do everything in the namespace. */
        Client robot() throws InterruptedException {
            Resource<ServiceAccount> accounts = administrator.coreV1().serviceAccounts().in(namespace);
            ObjectMeta named = new ObjectMeta().name("robot");
            accounts.create(new ServiceAccount().metadata(named));
            List<String> all = List.of("*");
            administrator.rbacV1().roles().in(namespace).create(new Role().metadata(named)
                .rules(List.of(new PolicyRule().apiGroups(all).resources(all).verbs(all))));
            administrator.rbacV1().roleBindings().in(namespace).create(new RoleBinding().metadata(named)
                .subjects(List.of(new Subject().kind("ServiceAccount").name("robot").namespace(namespace)))
                .roleRef(new RoleRef().apiGroup("rbac.authorization.k8s.io").kind("Role").name("robot")));
            TokenRequestStatus token = accounts.token("robot", List.of(), 3600);
            assertTrue(token.getExpirationTimestamp().isAfter(Instant.now().plus(Duration.ofMinutes(50))), token::toString);
            Client out = new Client(config().certificate(null, null).token(token.getToken()));
            // Authorization follows the store: it may take a moment to know the binding.
            Server.until("the robot may list", () -> {
                try {
                    out.coreV1().pods().in(namespace).page();
                    return true;
                } catch (ApiException x) {
                    if (x.isForbidden()) return false;
                    throw x;
                }
            });
            return out;
        }

        void pod() {
            IntOrString web = IntOrString.of("web");
            IntOrString eighty = IntOrString.of(80);
            Pod pod = client.coreV1().pods().in(namespace).create(new Pod().metadata(new ObjectMeta().name("web"))
                .spec(new PodSpec().containers(List.of(new Container().name("c").image("nginx")
                    .ports(List.of(new ContainerPort().name("web").containerPort(80)))
                    .resources(new ResourceRequirements().requests(Map.of("cpu", Quantity.of("1.5"))))
                    .readinessProbe(new Probe().httpGet(new HTTPGetAction().port(web)))
                    .livenessProbe(new Probe().httpGet(new HTTPGetAction().port(eighty)))))));
            Container c = pod.getSpec().getContainers().get(0);
            Quantity cpu = c.getResources().getRequests().get("cpu");
            assertEquals(Quantity.of("1500m"), cpu);
            assertEquals(0, cpu.number().compareTo(new BigDecimal("1.5")));
            assertEquals(web, c.getReadinessProbe().getHttpGet().getPort());
            assertEquals(eighty, c.getLivenessProbe().getHttpGet().getPort());
        }

        void deployment() {
            Resource<Deployment> deployments = client.appsV1().deployments().in(namespace);
            Deployment d = deployments.create(new Deployment().metadata(new ObjectMeta().name("web")).spec(new DeploymentSpec().replicas(1)
                .selector(new LabelSelector().matchLabels(Map.of("app", "web")))
                .strategy(new DeploymentStrategy().rollingUpdate(new RollingUpdateDeployment().maxSurge(IntOrString.of(2)).maxUnavailable(IntOrString.of("30%"))))
                .template(new PodTemplateSpec().metadata(new ObjectMeta().labels(Map.of("app", "web")))
                    .spec(new PodSpec().containers(List.of(new Container().name("c").image("nginx")))))));
            assertEquals(IntOrString.of(2), d.getSpec().getStrategy().getRollingUpdate().getMaxSurge());
            assertEquals(IntOrString.of("30%"), d.getSpec().getStrategy().getRollingUpdate().getMaxUnavailable());
            d = deployments.get("web");
            assertNotNull(d.getMetadata().getUid());
            assertEquals(1, d.getMetadata().getGeneration());
            assertEquals("Deployment", d.getKind());
            assertEquals(2, deployments.patch("web", Patch.merge("{\"spec\":{\"replicas\":2}}")).getSpec().getReplicas());
            Map<String, Object> image = Map.of("spec", Map.of("template", Map.of("spec", Map.of("containers", List.of(Map.of("name", "c", "image", "nginx:2"))))));
            List<Container> containers = deployments.patch("web", Patch.strategic(image)).getSpec().getTemplate().getSpec().getContainers();
            assertEquals(1, containers.size());
            assertEquals("nginx:2", containers.get(0).getImage());
            List<Object> operations = List.of(Map.of("op", "replace", "path", "/spec/replicas", "value", 3));
            assertEquals(3, deployments.patch("web", Patch.json(operations)).getSpec().getReplicas());
            updated(deployments);
            assertEquals(4, deployments.scale("web", 4).getSpec().getReplicas());
            Scale scale = deployments.getScale("web");
            assertEquals(4, scale.getSpec().getReplicas());
            assertEquals("app=web", scale.getStatus().getSelector());
            d = deployments.getStatus("web");
            d.getStatus().replicas(4).observedGeneration(d.getMetadata().getGeneration());
            d.getSpec().paused(true);
            d = deployments.replaceStatus(d);
            assertEquals(4, d.getStatus().getReplicas());
            assertEquals(d.getMetadata().getGeneration(), d.getStatus().getObservedGeneration());
            assertNull(d.getSpec().getPaused());
            d = deployments.patchStatus("web", Patch.merge("{\"status\":{\"readyReplicas\":1},\"spec\":{\"paused\":true}}"));
            assertEquals(1, d.getStatus().getReadyReplicas());
            assertNull(d.getSpec().getPaused());
        }

        /** Somebody else is quicker, once. */
        void updated(Resource<Deployment> deployments) {
            int[] calls = {0};
            Deployment d = deployments.update("web", object -> {
                if (++calls[0] == 1) deployments.patch("web", Patch.merge(Map.of("metadata", Map.of("labels", Map.of("quick", "yes")))));
                Map<String, String> annotations = new TreeMap<>();
                if (object.getMetadata().getAnnotations() != null) annotations.putAll(object.getMetadata().getAnnotations());
                annotations.put("step", "update");
                object.getMetadata().annotations(annotations);
            });
            assertEquals(2, calls[0]);
            assertEquals("update", d.getMetadata().getAnnotations().get("step"));
            assertEquals("yes", d.getMetadata().getLabels().get("quick"));
        }

        void values() {
            byte[] bytes = {0, 1, -1};
            Secret secret = client.coreV1().secrets().in(namespace).create(new Secret().metadata(new ObjectMeta().name("s")).data(Map.of("k", bytes)));
            assertArrayEquals(bytes, secret.getData().get("k"));
            MicroTime moment = new MicroTime(Instant.parse("2026-03-01T12:00:00.123456Z"));
            Lease lease = client.coordinationV1().leases().in(namespace).create(new Lease().metadata(new ObjectMeta().name("l")).spec(new LeaseSpec().renewTime(moment)));
            assertEquals(moment, lease.getSpec().getRenewTime());
            String data = "{\"a\":[1,{\"b\":null}]}";
            ControllerRevision revision = client.appsV1().controllerRevisions().in(namespace).create(
                new ControllerRevision().metadata(new ObjectMeta().name("r")).revision(1L).data(JsonParser.parseString(data)));
            assertEquals(data, Json.write(revision.getData()));
        }

        void definition() {
            Resource<CustomResourceDefinition> definitions = client.apiextensionsV1().customResourceDefinitions();
            String plural = namespace.replace("-", "") + "s";
            String name = plural + ".example.com";
            definitions.create(new CustomResourceDefinition().metadata(new ObjectMeta().name(name)).spec(new CustomResourceDefinitionSpec()
                .group("example.com").scope("Namespaced").names(new CustomResourceDefinitionNames().plural(plural).kind("Thing" + namespace.replace("-", "")))
                .versions(List.of(new CustomResourceDefinitionVersion().name("v1").served(true).storage(true).schema(new CustomResourceValidation()
                    .openAPIV3Schema(new JSONSchemaProps().type("object").properties(Map.of(
                        "size", new JSONSchemaProps().type("integer").default_(JsonParser.parseString("3")),
                        "list", new JSONSchemaProps().type("array").items(JsonParser.parseString("{\"type\":\"string\"}"))))))))));
            Map<String, JSONSchemaProps> read = definitions.get(name).getSpec().getVersions().get(0).getSchema().getOpenAPIV3Schema().getProperties();
            assertEquals("3", Json.write(read.get("size").getDefault()));
            assertEquals("{\"type\":\"string\"}", Json.write(read.get("list").getItems()));
            definitions.delete(name);
        }

        void pages() {
            Resource<ConfigMap> maps = client.coreV1().configMaps().in(namespace);
            for (int i = 0; i < 5; i++) maps.create(new ConfigMap().metadata(new ObjectMeta().name("c" + i).labels(Map.of("mine", "yes"))));
            List<String> names = new ArrayList<>();
            for (ConfigMap m : maps.list(new Options().limit(2))) {
                assertEquals("v1 ConfigMap", m.getApiVersion() + " " + m.getKind());
                if (m.name().startsWith("c")) names.add(m.name());
            }
            assertEquals(List.of("c0", "c1", "c2", "c3", "c4"), names);
            assertEquals(5, maps.list(new Options().labelSelector("mine=yes")).stream().count());
            Page<ConfigMap> page = maps.page(new Options().labelSelector("mine=yes").limit(2));
            assertEquals(2, page.items().size());
            assertNotEquals("", page.resourceVersion());
            Page<ConfigMap> rest = maps.page(new Options().labelSelector("mine=yes").continue_(page.continueToken()));
            assertEquals(3, rest.items().size());
            assertEquals("", rest.continueToken());
        }

        void watch() {
            Resource<Pod> pods = client.coreV1().pods().in(namespace);
            List<String> seen = new ArrayList<>();
            try (Watch<Pod> watch = pods.watch(new Options().fieldSelector("metadata.name=web").timeoutSeconds(30))) {
                for (Watch.Event<Pod> event : watch) {
                    assertEquals("web", event.object().name());
                    if (!event.type().equals(Watch.Event.MODIFIED)) seen.add(event.type()); // it may be marked before it goes
                    if (event.type().equals(Watch.Event.ADDED)) pods.delete("web", new Options().gracePeriodSeconds(0));
                    if (event.type().equals(Watch.Event.DELETED)) break;
                }
            }
            assertEquals(List.of(Watch.Event.ADDED, Watch.Event.DELETED), seen);
        }

        void errors() {
            Resource<ConfigMap> maps = client.coreV1().configMaps().in(namespace);
            ApiException missing = assertThrows(ApiException.class, () -> maps.get("nope"));
            assertTrue(missing.isNotFound());
            assertEquals("NotFound 404 nope", missing.reason() + " " + missing.code() + " " + missing.status().getDetails().getName());
            assertTrue(assertThrows(ApiException.class, () -> maps.create(new ConfigMap().metadata(new ObjectMeta().name("c0")))).isAlreadyExists());
            ConfigMap c0 = maps.get("c0");
            ConfigMap old = Json.copy(c0);
            maps.replace(c0.data(Map.of("a", "b")));
            assertTrue(assertThrows(ApiException.class, () -> maps.replace(old)).isConflict());
            maps.create(new ConfigMap().metadata(new ObjectMeta().name("d0")));
            Options foreground = new Options().propagationPolicy("Foreground");
            ApiException other = assertThrows(ApiException.class, () -> maps.delete("d0", foreground.copy().preconditions("another", null)));
            assertEquals(409, other.code());
            maps.delete("d0", new Options().propagationPolicy("Background"));
            assertTrue(assertThrows(ApiException.class, () -> maps.get("d0")).isNotFound());
            if (!admin) assertTrue(assertThrows(ApiException.class, () -> client.coreV1().pods().in("kube-system").page()).isForbidden());
        }

        void apply() {
            Resource<ConfigMap> maps = client.coreV1().configMaps().in(namespace);
            ConfigMap wanted = new ConfigMap().metadata(new ObjectMeta().name("applied")).data(Map.of("a", "b"));
            ConfigMap applied = maps.apply(wanted, new Options().fieldManager("scenario"));
            ManagedFieldsEntry owner = applied.getMetadata().getManagedFields().get(0);
            assertEquals("scenario Apply", owner.getManager() + " " + owner.getOperation());
            assertTrue(Json.write(owner.getFieldsV1()).contains("\"f:a\""), owner::toString);
            Map<String, Object> other = Map.of("metadata", Map.of("name", "applied"), "data", Map.of("a", "c"));
            ApiException owned = assertThrows(ApiException.class, () -> maps.apply(other, new Options().fieldManager("another")));
            assertTrue(owned.isConflict() && owned.getMessage().contains("scenario"), owned::toString);
            assertEquals(Map.of("a", "c"), maps.apply(other, new Options().fieldManager("another").force(true)).getData());
            assertEquals(Map.of("a", "c", "y", "z"), maps.apply("metadata: {name: applied}\ndata: {y: z}\n").getData());
            assertNotNull(maps.create(new ConfigMap().metadata(new ObjectMeta().name("dry")), new Options().dryRun(true)).getMetadata().getUid());
            assertTrue(assertThrows(ApiException.class, () -> maps.get("dry")).isNotFound());
        }

        void end() {
            Resource<ConfigMap> maps = client.coreV1().configMaps().in(namespace);
            maps.deleteCollection(new Options().labelSelector("mine=yes"));
            assertFalse(maps.list(new Options().labelSelector("mine=yes")).iterator().hasNext());
            Resource<Namespace> namespaces = administrator.coreV1().namespaces();
            assertEquals("Terminating", namespaces.delete(namespace).orElseThrow().getStatus().getPhase());
            administrator.close();
            client.close();
        }
    }
}
