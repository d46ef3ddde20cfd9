const mode = process.argv[2];
const { Client } = await import(process.env.GATEHOUSE_CLIENT);
if (mode !== "import") {
  const client = Client.fromKubeconfig();
  if (mode === "first") console.log((await client.coreV1.namespaces.page()).items.length);
  if (mode === "list") console.log((await client.coreV1.pods.page()).items.length);
  if (mode === "watch") {
    let modified = 0;
    let ready = false;
    for await (const { type } of client.coreV1.configMaps.in("bench").watch()) {
      if (!ready) {
        ready = true;
        console.log("ready");
      }
      if (type === "MODIFIED" && ++modified === 1000) break;
    }
  }
}
