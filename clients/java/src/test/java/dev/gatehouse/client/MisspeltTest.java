package dev.gatehouse.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What compiles, and what does not: a misspelt option or field. */
final class MisspeltTest {
    @Test
    void options(@TempDir Path dir) {
        Map<String, String> sources = Map.of(
            "new Options().labelSelector(\"a=b\").gracePeriodSeconds(5).dryRun(true)", "",
            "new Options().lableSelector(\"a=b\")", "compiler.err.cant.resolve.location.args",
            "new Options().limit(\"5\")", "compiler.err.prob.found.req",
            "new CoreV1.Pod().metadata(new MetaV1.ObjectMeta().name(\"x\"))", "",
            "new CoreV1.Pod().metdata(null)", "compiler.err.cant.resolve.location.args",
            "new CoreV1.Pod().spec(new CoreV1.PodStatus())", "compiler.err.prob.found.req");
        String imports = "import dev.gatehouse.client.*; import dev.gatehouse.client.models.*; ";
        sources.forEach((source, error) -> assertEquals(error, compile(dir, imports + "class Use { Object o = " + source + "; }"), source));
    }

    /** The README's program compiles, with the imports that it names. */
    @Test
    void readme(@TempDir Path dir) throws IOException {
        String text = Files.readString(Path.of("README.md"));
        String program = text.substring(text.indexOf("```java\n") + "```java\n".length(), text.indexOf("\n```\n"));
        assertTrue(program.lines().count() <= 10, program);
        String imports = Pattern.compile("`(import [^`]*)`").matcher(text).results().map(m -> m.group(1) + "; ").collect(Collectors.joining());
        assertEquals("", compile(dir, imports + "class Use { void run() {" + program + "} }"));
    }

    /** The code of the first error; empty when there is none. */
    private static String compile(Path dir, String source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> said = new DiagnosticCollector<>();
        JavaFileObject file = new SimpleJavaFileObject(URI.create("string:///Use.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreErrors) {
                return source;
            }
        };
        List<String> options = List.of("-proc:none", "-d", dir.toString(), "-cp", System.getProperty("java.class.path"));
        boolean good = compiler.getTask(null, null, said, options, null, List.of(file)).call();
        return good ? "" : said.getDiagnostics().get(0).getCode();
    }
}
