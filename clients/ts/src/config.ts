import { check } from "./options.js";

/** The server's address and the credentials. loadKubeconfig, inClusterConfig and autoConfig return one. */
export interface Config {
  /** The base URL: https://10.0.0.1:6443. */
  server: string;
  /** The default namespace. */
  namespace?: string;
  tls?: Tls;
  token?: string;
  /** Re-read after a minute, and after a 401. */
  tokenFile?: string;
  username?: string;
  password?: string;
  exec?: ExecPlugin;
  impersonate?: Impersonation;
  /** An HTTP or SOCKS5 proxy. Default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment. */
  proxyUrl?: string;
  /** Use HTTP/2, all requests over one connection. Default: HTTP/1.1. */
  http2?: boolean;
  /** Prefix of the client's own User-Agent. */
  userAgent?: string;
  /** The field manager of writes. Default: gatehouse-ts. */
  fieldManager?: string;
}

/** TLS settings. Certificates and keys are PEM. */
export interface Tls {
  ca?: string;
  cert?: string;
  key?: string;
  /** The name to verify instead of the server's host. */
  serverName?: string;
  /** Skip verification of the server's certificate. */
  insecure?: boolean;
}

/** Impersonation: requests are made on behalf of this user. */
export interface Impersonation {
  user?: string;
  uid?: string;
  groups?: string[];
  extra?: { [key: string]: string[] };
}

/** An exec credential plugin, as in kubeconfig files. */
export interface ExecPlugin {
  command: string;
  args?: string[];
  /** Additional environment variables. */
  env?: { [name: string]: string };
  /** client.authentication.k8s.io/v1 or /v1beta1. */
  apiVersion: string;
  /** Part of the error when the command is not found. */
  installHint?: string;
  /** Pass the cluster to the command in KUBERNETES_EXEC_INFO. */
  provideClusterInfo?: boolean;
  /** Connect the command to standard input. */
  interactive?: boolean;
  /** The folder that a relative command path starts from. */
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

/** Throws on unknown properties and malformed server addresses. */
export function checkConfig(config: Config): void {
  check("a configuration", config, configNames);
  check("tls", config.tls ?? {}, tlsNames);
  check("impersonate", config.impersonate ?? {}, impersonationNames);
  check("exec", config.exec ?? {}, execNames);
  let url: URL | undefined;
  try {
    url = new URL(config.server);
  } catch {
    // Reported below.
  }
  if (!url?.host || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new TypeError(`address of the server: "${config.server}" is not like https://host:port`);
  }
}

/** The impersonation headers. */
export function impersonation({ user, uid, groups, extra }: Impersonation): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  if (user) headers["impersonate-user"] = user;
  if (uid) headers["impersonate-uid"] = uid;
  if (groups?.length) headers["impersonate-group"] = groups;
  for (const [name, values] of Object.entries(extra ?? {})) headers[`impersonate-extra-${encodeURIComponent(name).toLowerCase()}`] = values;
  return headers;
}
