package dev.gatehouse.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatehouse.client.models.CoreV1.ConfigMap;
import dev.gatehouse.client.models.CoreV1.Namespace;
import dev.gatehouse.client.models.MetaV1.ObjectMeta;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server goes away and comes back, with and without a memory of what happened. */
@Timeout(90)
final class SurviveTest {
    private final Client admin = Server.client();
    private String namespace;

    /** Makes a namespace with the config maps that the server's absence changes. */
    private Resource<ConfigMap> stage(String name) {
        namespace = Server.unique(name);
        admin.coreV1().namespaces().create(new Namespace().metadata(new ObjectMeta().name(namespace)));
        Resource<ConfigMap> maps = admin.coreV1().configMaps().in(namespace);
        for (String m : List.of("dies", "changes", "stays")) maps.create(map(m));
        return maps;
    }

    private static ConfigMap map(String name) { return new ConfigMap().metadata(new ObjectMeta().name(name).labels(Map.of("staged", "yes"))); }

    @AfterEach
    void clean() {
        admin.coreV1().namespaces().delete(namespace);
        admin.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"restart", "expire"})
    void aWatchTellsEachChangeOnce(String how) throws Exception {
        Resource<ConfigMap> maps = stage("java-watch-" + how);
        Map<String, Integer> got = new TreeMap<>();
        try (Watch<ConfigMap> watch = maps.watch()) {
            for (Watch.Event<ConfigMap> event : watch) {
                ConfigMap m = event.object();
                if (m.name().equals("kube-root-ca.crt")) continue;
                String what = event.type() + " " + m.name() + " " + (m.getData() == null ? "" : m.getData().getOrDefault("step", ""));
                got.merge(what, 1, Integer::sum);
                if (what.equals("ADDED stays ")) Server.takeAway(how, namespace);
                if (got.keySet().containsAll(List.of("ADDED born ", "DELETED dies ", "MODIFIED changes 1")) && !got.containsKey("ADDED last ")) {
                    if (maps.list().stream().noneMatch(x -> x.name().equals("last"))) maps.create(map("last"));
                }
                if (what.equals("ADDED last ")) maps.delete("last");
                if (what.equals("DELETED last ")) break;
            }
        }
        Map<String, Integer> want = new TreeMap<>();
        for (String what : List.of("ADDED born ", "ADDED changes ", "ADDED dies ", "ADDED last ", "ADDED stays ", "DELETED dies ", "DELETED last ",
                "MODIFIED changes 1")) want.put(what, 1);
        assertEquals(want, got);
    }

    @Test
    void aWatchFromAVersionEndsWhenTheServerHasForgotten() throws Exception {
        Resource<ConfigMap> maps = stage("java-watch-version");
        Page<ConfigMap> page = maps.page(new Options().labelSelector("staged=yes"));
        maps.delete("stays");
        try (Watch<ConfigMap> watch = maps.watch(new Options().labelSelector("staged=yes").resourceVersion(page.resourceVersion()))) {
            Iterator<Watch.Event<ConfigMap>> events = watch.iterator();
            Watch.Event<ConfigMap> first = events.next();
            assertEquals("DELETED stays", first.type() + " " + first.object().name());
            Server.takeAway("expire", namespace);
            assertTrue(assertThrows(ApiException.class, events::next).isGone());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"restart", "expire"})
    void anInformersStoreIsWhatAListHas(String how) throws Exception {
        Resource<ConfigMap> maps = stage("java-informer-" + how);
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        Handlers<ConfigMap> handlers = new Handlers<>() {
            @Override
            public void onAdd(ConfigMap m, boolean initial) { told.add("add " + m.name() + " " + initial); }

            @Override
            public void onUpdate(ConfigMap old, ConfigMap m) { told.add("update " + m.name() + " " + old.getData() + " " + m.getData()); }

            @Override
            public void onDelete(ConfigMap last) { told.add("delete " + last.name() + " " + last.getMetadata().getLabels()); }
        };
        try (Informer<ConfigMap> informer = maps.informer(handlers)) {
            informer.addIndex("staged", m -> m.getMetadata().getLabels() == null ? List.of() : m.getMetadata().getLabels().values());
            assertTrue(informer.start().waitSynced(Duration.ofMinutes(1)));
            assertEquals(3, informer.byIndex("staged", "yes").size());
            assertNotNull(informer.get(namespace, "dies"));
            Server.takeAway(how, namespace);
            maps.create(new ConfigMap().metadata(new ObjectMeta().name("last")));
            Server.until("the informer comes back", () -> told.contains("add last false"));
            List<String> listed = maps.list().stream().map(SurviveTest::state).toList();
            assertEquals(listed, informer.list().stream().map(SurviveTest::state).toList());
            assertEquals(2, informer.byIndex("staged", "yes").size());
            for (String want : List.of("add born false", "update changes null {step=1}", "delete dies {staged=yes}", "add stays true")) {
                assertEquals(1, Collections.frequency(told, want), () -> want + " in " + told);
            }
            informer.stop();
            informer.ended().get(1, TimeUnit.MINUTES);
        }
    }

    private static String state(ConfigMap m) { return m.name() + " " + m.getMetadata().getResourceVersion(); }
}
