import dev.gatehouse.client.Client;
import dev.gatehouse.client.Options;
import dev.gatehouse.client.Patch;
import dev.gatehouse.client.Resource;
import dev.gatehouse.client.Watch;
import dev.gatehouse.client.models.MetaV1.ObjectMeta;
import dev.gatehouse.client.models.WidgetsV1.Widget;
import dev.gatehouse.client.models.WidgetsV1.WidgetPart;
import dev.gatehouse.client.models.WidgetsV1.WidgetSpec;
import dev.gatehouse.client.models.WidgetsV1.WidgetStatus;
import java.nio.file.Path;
import java.util.List;

/** Creates a widget with the client that was generated for it, and watches it. */
public final class Use {
    private Use() { }

    public static void main(String[] args) {
        try (Client client = Client.fromKubeconfig(Path.of(System.getenv("GATEHOUSE_KUBECONFIG")), null)) {
            Resource<Widget> widgets = client.widgetsV1().widgets().in("default");
            widgets.create(new Widget().metadata(new ObjectMeta().name("java")).spec(new WidgetSpec().parts(List.of(new WidgetPart().name("wheel")))));
            try (Watch<Widget> watch = widgets.watch(new Options().fieldSelector("metadata.name=java"))) {
                for (Watch.Event<Widget> event : watch) {
                    Widget w = event.object();
                    WidgetSpec spec = w.getSpec();
                    System.out.println(String.join(" ", event.type(), w.name(), spec.getColour(), spec.getSize().toString(),
                        spec.getParts().get(0).getCount().toString(), ready(w.getStatus())));
                    switch (event.type()) {
                        case Watch.Event.ADDED -> widgets.patchStatus("java", Patch.merge("{\"status\":{\"ready\":true}}"));
                        case Watch.Event.MODIFIED -> widgets.delete("java");
                        default -> {
                            return;
                        }
                    }
                }
            }
        }
    }

    private static String ready(WidgetStatus status) { return String.valueOf(status != null && Boolean.TRUE.equals(status.getReady())); }
}
