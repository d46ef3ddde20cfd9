"""Creates a widget with the client that was generated for it, and watches it."""

import os

import gatehouse
from gatehouse.models import meta_v1, widgets_v1

with gatehouse.Client.from_kubeconfig(os.environ["GATEHOUSE_KUBECONFIG"]) as client:
    widgets = client.widgets_v1.widgets("default")
    widgets.create(
        widgets_v1.Widget(
            metadata=meta_v1.ObjectMeta(name="python"),
            spec=widgets_v1.WidgetSpec(parts=[widgets_v1.WidgetPart(name="wheel")]),
        )
    )
    for event in widgets.watch(field_selector="metadata.name=python"):
        w = event.object
        ready = str(bool(w.status and w.status.ready)).lower()
        print(event.type, w.metadata.name, w.spec.colour, w.spec.size, w.spec.parts[0].count, ready)
        if event.type == "ADDED":
            widgets.patch_status("python", {"status": {"ready": True}})
        elif event.type == "MODIFIED":
            widgets.delete("python")
        else:
            break
