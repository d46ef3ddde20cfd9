// Creates a widget with the client that was generated for it, and watches it.
import { Client } from "@gatehouse/client";

const client = Client.fromKubeconfig(process.env.GATEHOUSE_KUBECONFIG);
const widgets = client.widgetsV1.widgets.in("default");
await widgets.create({ metadata: { name: "ts" }, spec: { parts: [{ name: "wheel" }] } });
for await (const { type, object } of widgets.watch({ fieldSelector: "metadata.name=ts" })) {
  const { metadata, spec, status } = object;
  console.log(type, metadata!.name, spec.colour, spec.size, spec.parts![0]!.count, status?.ready ?? false);
  if (type === "ADDED") await widgets.patchStatus("ts", { status: { ready: true } });
  else if (type === "MODIFIED") await widgets.delete("ts");
  else break;
}
client.close();
