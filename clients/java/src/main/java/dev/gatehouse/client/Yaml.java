package dev.gatehouse.client;

import com.google.gson.JsonElement;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/** YAML as JSON. */
final class Yaml {
    private Yaml() { }

    static JsonElement read(String text) {
        LoaderOptions options = new LoaderOptions();
        DumperOptions unused = new DumperOptions();
        Object tree = new org.yaml.snakeyaml.Yaml(new SafeConstructor(options), new Representer(unused), unused, options, new NoDates()).load(text);
        return Json.GSON.toJsonTree(tree);
    }

    /** JSON has no dates: they stay texts. */
    private static final class NoDates extends Resolver {
        @Override
        public void addImplicitResolver(Tag tag, Pattern pattern, String first, int limit) {
            if (!tag.equals(Tag.TIMESTAMP)) super.addImplicitResolver(tag, pattern, first, limit);
        }
    }
}
