import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { parse } from "yaml";
import type { Tags } from "yaml";
import type { Config, ExecPlugin, Tls } from "./config.js";

/** No kubeconfig was found. */
export class NoKubeconfig extends Error {
  override readonly name = "NoKubeconfig";
}

/** A kubeconfig file, or several merged. Every field is optional. */
interface Kubeconfig {
  "current-context"?: string;
  clusters?: { name: string; cluster?: Cluster }[] | null;
  users?: { name: string; user?: User }[] | null;
  contexts?: { name: string; context?: { cluster?: string; user?: string; namespace?: string } }[] | null;
}

interface Cluster {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
  "proxy-url"?: string;
  extensions?: { name: string; extension: unknown }[];
}

interface User {
  token?: string;
  tokenFile?: string;
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  username?: string;
  password?: string;
  as?: string;
  "as-uid"?: string;
  "as-groups"?: string[];
  "as-user-extra"?: { [key: string]: string[] };
  exec?: ExecUser;
}

interface ExecUser {
  command: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  apiVersion: string;
  installHint?: string;
  provideClusterInfo?: boolean;
  interactiveMode?: string;
  /** The folder of the file; not in the file. */
  dir?: string;
}

/** Loads a kubeconfig: the file at path, else the merged files of $KUBECONFIG, else ~/.kube/config. Default context: the current one. */
export function loadKubeconfig(path?: string, context?: string): Config {
  const paths = path ? [path] : defaultPaths();
  const there = path ? paths : paths.filter((file) => existsSync(file));
  if (there.length === 0) throw new NoKubeconfig(`no kubeconfig: there is none of ${paths.join(", ")}`);
  return configOf(merge(there.map(readKubeconfig)), context);
}

/** The files of $KUBECONFIG, or the one in the home directory. */
function defaultPaths(): string[] {
  const list = process.env["KUBECONFIG"];
  return list ? list.split(delimiter).filter(Boolean) : [join(homedir(), ".kube", "config")];
}

/** Numbers stay strings: a kubeconfig has none, and a token of digits must be kept. */
const withoutNumbers = (tags: Tags): Tags => tags.filter((tag) => typeof tag === "string" || !/:(int|float)$/.test(tag.tag));

/** Reads one file and makes its paths absolute. */
function readKubeconfig(path: string): Kubeconfig {
  const text = readFileSync(path, "utf8");
  let file: Kubeconfig | null;
  try {
    file = parse(text, { customTags: withoutNumbers });
    const clusters = file?.clusters ?? [];
    if (clusters.some(({ cluster }) => cluster?.extensions)) {
      // Extensions are passed to plugins and may contain numbers.
      const whole: Kubeconfig = parse(text);
      clusters.forEach(({ cluster }, i) => { if (cluster?.extensions) cluster.extensions = whole.clusters![i]!.cluster!.extensions!; });
    }
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
  if (typeof file !== "object" || Array.isArray(file)) throw new Error(`${path}: not a kubeconfig`);
  const dir = dirname(resolve(path));
  const absolute = <T extends object>(of: T | undefined, ...names: (keyof T)[]) => {
    for (const name of names) {
      const file = of?.[name];
      if (of && typeof file === "string" && file && !isAbsolute(file)) of[name] = join(dir, file) as T[keyof T];
    }
  };
  for (const { cluster } of file?.clusters ?? []) absolute(cluster, "certificate-authority");
  for (const { user } of file?.users ?? []) {
    absolute(user, "tokenFile", "client-certificate", "client-key");
    if (user?.exec) user.exec.dir = dir;
  }
  return file ?? {};
}

/** Merges files; the first definition wins. */
function merge(files: Kubeconfig[]): Kubeconfig {
  const first = <T extends { name: string }>(lists: (T[] | null | undefined)[]): T[] => {
    const names = new Map<string, T>();
    for (const entry of lists.flatMap((list) => list ?? [])) if (!names.has(entry.name)) names.set(entry.name, entry);
    return [...names.values()];
  };
  return {
    clusters: first(files.map((file) => file.clusters)), users: first(files.map((file) => file.users)), contexts: first(files.map((file) => file.contexts)),
    "current-context": files.map((file) => file["current-context"]).find(Boolean) ?? "",
  };
}

/** The configuration of a context. */
function configOf(file: Kubeconfig, name: string | undefined): Config {
  name ||= file["current-context"];
  if (!name) throw new Error("the kubeconfig has no current context");
  const context = file.contexts?.find((entry) => entry.name === name)?.context;
  if (!context) throw new Error(`the kubeconfig has no context "${name}"`);
  const cluster = file.clusters?.find((entry) => entry.name === context.cluster)?.cluster;
  if (!cluster) throw new Error(`the kubeconfig has no cluster "${context.cluster}", which context "${name}" names`);
  const config: Config = { server: cluster.server ?? "" };
  const tls: Tls = {};
  set(tls, "ca", dataOrFile(cluster["certificate-authority-data"], cluster["certificate-authority"]));
  set(tls, "serverName", cluster["tls-server-name"]);
  set(tls, "insecure", cluster["insecure-skip-tls-verify"]);
  config.tls = tls;
  set(config, "namespace", context.namespace);
  set(config, "proxyUrl", cluster["proxy-url"]);
  if (!context.user) return config;
  const user = file.users?.find((entry) => entry.name === context.user);
  if (!user) throw new Error(`the kubeconfig has no user "${context.user}", which context "${name}" names`);
  addUser(config, tls, user.user ?? {});
  const extension = cluster.extensions?.find((entry) => entry.name === "client.authentication.k8s.io/exec");
  if (config.exec && extension) config.exec.extension = extension.extension;
  return config;
}

/** Adds the credentials of a user. */
function addUser(config: Config, tls: Tls, user: User): void {
  set(tls, "cert", dataOrFile(user["client-certificate-data"], user["client-certificate"]));
  set(tls, "key", dataOrFile(user["client-key-data"], user["client-key"]));
  for (const name of ["token", "tokenFile", "username", "password"] as const) set(config, name, user[name]);
  if (user.as || user["as-uid"] || user["as-groups"]?.length) {
    config.impersonate = {};
    set(config.impersonate, "user", user.as);
    set(config.impersonate, "uid", user["as-uid"]);
    set(config.impersonate, "groups", user["as-groups"]);
    set(config.impersonate, "extra", user["as-user-extra"]);
  }
  if (user.exec) config.exec = pluginOf(user.exec);
}

function pluginOf(exec: ExecUser): ExecPlugin {
  const plugin: ExecPlugin = { command: exec.command, apiVersion: exec.apiVersion, interactive: exec.interactiveMode !== "Never" };
  set(plugin, "args", exec.args ?? undefined);
  set(plugin, "env", exec.env ? Object.fromEntries(exec.env.map(({ name, value }) => [name, value])) : undefined);
  set(plugin, "installHint", exec.installHint);
  set(plugin, "provideClusterInfo", exec.provideClusterInfo);
  set(plugin, "dir", exec.dir);
  return plugin;
}

/** Sets a property unless the value is undefined or empty. */
function set<T, K extends keyof T>(of: T, name: K, value: T[K] | undefined): void {
  if (value !== undefined && value !== "") of[name] = value;
}

/** The base64 data, else the content of the file; undefined for neither. */
function dataOrFile(data: string | undefined, file: string | undefined): string | undefined {
  if (data) return Buffer.from(data, "base64").toString("utf8");
  return file ? readFileSync(file, "utf8") : undefined;
}
