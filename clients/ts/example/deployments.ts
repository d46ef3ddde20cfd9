// A small controller: it keeps the config map "deployments" of a namespace in step with the deployments that are labelled "listed=yes": a
// line for each, with the number of its replicas.
//
//   make run                                                   # in the folder of the project
//   npm ci && npm run build && npx tsc                         # in this client's folder
//   KUBECONFIG=../../gatehouse-data/admin.kubeconfig node build/example/deployments.js default
import { isDeepStrictEqual } from "node:util";
import { Client, isNotFound } from "@gatehouse/client";
import type { AppsV1 } from "@gatehouse/client";

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());

const client = Client.auto({ fieldManager: "deployments-example" });
const namespace = process.argv[2] ?? client.namespace;
const configMaps = client.coreV1.configMaps.in(namespace);

// A change says that there is something to do; what is to be done is read off the store. So changes that come together cost one write.
let wake = () => {};
let changed = Promise.resolve();
const change = () => wake();
const rearm = () => { changed = new Promise((resolve) => { wake = resolve; }); };
rearm();

const deployments = client.appsV1.deployments.in(namespace).informer({ labelSelector: "listed=yes", onAdd: change, onUpdate: change, onDelete: change, signal: ending.signal });
const ended = deployments.run().finally(change);
await deployments.waitSynced().catch(() => ended);
while (!ending.signal.aborted) {
  rearm();
  await write(deployments.list());
  await Promise.race([changed, ended]);
}
await ended;

/** Makes the config map say what the deployments are. */
async function write(list: AppsV1.Deployment[]): Promise<void> {
  const data = Object.fromEntries(list.map(({ metadata, spec }) => [metadata!.name!, String(spec?.replicas ?? 1)]));
  try {
    if (isDeepStrictEqual((await configMaps.get("deployments")).data ?? {}, data)) return;
    await configMaps.update("deployments", (map) => { map.data = data; });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await configMaps.create({ metadata: { name: "deployments" }, data });
  }
  console.log("deployments:", data);
}
