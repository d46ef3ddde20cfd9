import { CoreV1Api, KubeConfig, Watch } from "@kubernetes/client-node";

const mode = process.argv[2];
if (mode !== "import") {
  const config = new KubeConfig();
  config.loadFromDefault();
  const core = config.makeApiClient(CoreV1Api);
  if (mode === "first") console.log((await core.listNamespace()).items.length);
  if (mode === "list") console.log((await core.listPodForAllNamespaces()).items.length);
  if (mode === "watch") {
    let modified = 0;
    let ready = false;
    await new Watch(config).watch("/api/v1/namespaces/bench/configmaps", {}, (type) => {
      if (!ready) {
        ready = true;
        console.log("ready");
      }
      if (type === "MODIFIED" && ++modified === 1000) process.exit(0);
    }, (error) => {
      console.error(error);
      process.exit(1);
    });
  }
}
