package dev.gatehouse.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A program may import this package and the models of a group whole: no name is in both. */
final class NamesTest {
    @Test
    void noNameIsInBoth() throws Exception {
        Path classes = Path.of(Client.class.getProtectionDomain().getCodeSource().getLocation().toURI()).resolve("dev/gatehouse/client");
        Set<String> own = names(classes);
        Set<String> models = new TreeSet<>();
        for (String group : names(classes.resolve("models"))) {
            for (Class<?> c : Class.forName("dev.gatehouse.client.models." + group).getDeclaredClasses()) models.add(c.getSimpleName());
        }
        assertTrue(own.contains("Client") && models.contains("Pod"));
        models.retainAll(own);
        assertEquals(Set.of(), models);
    }

    /** The classes in a folder that are in no other class. */
    private static Set<String> names(Path dir) throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(p -> p.getFileName().toString()).filter(n -> n.endsWith(".class") && !n.contains("$"))
                .map(n -> n.substring(0, n.length() - ".class".length())).collect(Collectors.toSet());
        }
    }
}
