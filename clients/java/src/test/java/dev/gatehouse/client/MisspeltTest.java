package dev.gatehouse.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A misspelt option or field does not compile. */
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
        sources.forEach((source, error) -> assertEquals(error, compile(dir, source), source));
    }

    /** The code of the first error; empty when there is none. */
    private static String compile(Path dir, String expression) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> said = new DiagnosticCollector<>();
        JavaFileObject file = new SimpleJavaFileObject(URI.create("string:///Use.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreErrors) {
                return "import dev.gatehouse.client.*; import dev.gatehouse.client.models.*; class Use { Object o = " + expression + "; }";
            }
        };
        List<String> options = List.of("-proc:none", "-d", dir.toString(), "-cp", System.getProperty("java.class.path"));
        boolean good = compiler.getTask(null, null, said, options, null, List.of(file)).call();
        return good ? "" : said.getDiagnostics().get(0).getCode();
    }
}
