import { existsSync, readFileSync, statSync } from "node:fs";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { Config } from "./config.js";
import { loadKubeconfig, NoKubeconfig } from "./kubeconfig.js";

/** The mount point of a pod's service account. */
const serviceAccountDir = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The configuration of the pod's service account. */
export function inClusterConfig(dir = serviceAccountDir): Config {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (!host || !port) throw new Error("not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  const tokenFile = join(dir, "token");
  statSync(tokenFile);
  const config: Config = { server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`, tokenFile, tls: { ca: readFileSync(join(dir, "ca.crt"), "utf8") } };
  const namespaceFile = join(dir, "namespace");
  const namespace = existsSync(namespaceFile) ? readFileSync(namespaceFile, "utf8").trim() : "";
  if (namespace) config.namespace = namespace;
  return config;
}

/** A kubeconfig if there is one, else the pod's service account. */
export function autoConfig(): Config {
  try {
    return loadKubeconfig();
  } catch (error) {
    if (error instanceof NoKubeconfig && process.env["KUBERNETES_SERVICE_HOST"]) return inClusterConfig();
    throw error;
  }
}
