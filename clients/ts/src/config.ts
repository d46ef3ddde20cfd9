import { check } from "./options.js";

/** Says where a server is and who asks. loadKubeconfig, inClusterConfig and autoConfig make one. */
export interface Config {
  /** The address: https://10.0.0.1:6443. */
  server: string;
  /** That of the kubeconfig's context or of the pod's service account. */
  namespace?: string;
  tls?: Tls;
  token?: string;
  /** Is read again after a minute, and when the server refuses what it had. */
  tokenFile?: string;
  username?: string;
  password?: string;
  exec?: ExecPlugin;
  impersonate?: Impersonation;
  /** An HTTP or SOCKS5 proxy; without it the environment decides (HTTPS_PROXY, NO_PROXY). */
  proxyUrl?: string;
  /** Sends all requests over one connection by HTTP/2; HTTP/1.1 when absent. */
  http2?: boolean;
  /** Is put in front of the client's own. */
  userAgent?: string;
  /** The name under which writes own fields; gatehouse-ts when absent. */
  fieldManager?: string;
}

/** Whom to trust and what to show. Everything is PEM. */
export interface Tls {
  ca?: string;
  cert?: string;
  key?: string;
  /** Is checked instead of the address. */
  serverName?: string;
  /** Trusts every server. */
  insecure?: boolean;
}

/** Who the server is asked to act for. */
export interface Impersonation {
  user?: string;
  uid?: string;
  groups?: string[];
  extra?: { [key: string]: string[] };
}

/** A command that prints credentials, as kubeconfig files describe it. */
export interface ExecPlugin {
  command: string;
  args?: string[];
  /** Is added to the environment. */
  env?: { [name: string]: string };
  /** client.authentication.k8s.io/v1 or /v1beta1. */
  apiVersion: string;
  /** Is said when the command is not there. */
  installHint?: string;
  /** Tells the command about the server. */
  provideClusterInfo?: boolean;
  /** The command may use the terminal. */
  interactive?: boolean;
  /** Where a relative path of the command begins. */
  dir?: string;
  /** The cluster's extension client.authentication.k8s.io/exec. */
  extension?: unknown;
}

type Names<T> = { readonly [K in keyof Required<T>]: true };

const configNames: Names<Config> = {
  server: true, namespace: true, tls: true, token: true, tokenFile: true, username: true, password: true, exec: true,
  impersonate: true, proxyUrl: true, http2: true, userAgent: true, fieldManager: true,
};
const tlsNames: Names<Tls> = { ca: true, cert: true, key: true, serverName: true, insecure: true };
const impersonationNames: Names<Impersonation> = { user: true, uid: true, groups: true, extra: true };
const execNames: Names<ExecPlugin> = {
  command: true, args: true, env: true, apiVersion: true, installHint: true, provideClusterInfo: true, interactive: true, dir: true, extension: true,
};

/** Refuses what is no configuration, before anything is sent. */
export function checkConfig(config: Config): void {
  check("a configuration", config, configNames);
  check("tls", config.tls ?? {}, tlsNames);
  check("impersonate", config.impersonate ?? {}, impersonationNames);
  check("exec", config.exec ?? {}, execNames);
  let url: URL | undefined;
  try {
    url = new URL(config.server);
  } catch {
    // Told below.
  }
  if (!url?.host || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new TypeError(`address of the server: "${config.server}" is not like https://host:port`);
  }
}

/** The headers that ask the server to act for somebody else. */
export function impersonation({ user, uid, groups, extra }: Impersonation): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  if (user) headers["impersonate-user"] = user;
  if (uid) headers["impersonate-uid"] = uid;
  if (groups?.length) headers["impersonate-group"] = groups;
  for (const [name, values] of Object.entries(extra ?? {})) headers[`impersonate-extra-${encodeURIComponent(name).toLowerCase()}`] = values;
  return headers;
}
