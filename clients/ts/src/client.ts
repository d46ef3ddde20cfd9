import { Apis } from "./apis.js";
import { checkConfig, impersonation } from "./config.js";
import type { Config } from "./config.js";
import { credentialsOf } from "./credentials.js";
import { Dialer } from "./dial.js";
import { Http1 } from "./http1.js";
import { Http2 } from "./http2.js";
import { autoConfig, inClusterConfig } from "./incluster.js";
import { loadKubeconfig } from "./kubeconfig.js";
import type { KubeObject, Untyped } from "./object.js";
import { check } from "./options.js";
import type { CallOptions } from "./options.js";
import { Requester } from "./request.js";
import { Resource } from "./resource.js";
import type { Row } from "./row.js";
import type { Answer, Transport } from "./transport.js";
import { version } from "./version.js";
import { WebSockets } from "./websocket.js";

/** The settings that override a loaded configuration. */
export type Settings = Pick<Config, "namespace" | "impersonate" | "http2" | "userAgent" | "fieldManager">;

const settings = { namespace: true, impersonate: true, http2: true, userAgent: true, fieldManager: true } as const satisfies Record<keyof Settings, true>;

/** An arbitrary request. */
export interface RequestOptions extends CallOptions {
  /** Default: GET. */
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: { [name: string]: string };
  body?: string | Uint8Array;
  contentType?: string;
  accept?: string;
}

const requestNames = { signal: true, method: true, query: true, body: true, contentType: true, accept: true } as const satisfies Record<keyof RequestOptions, true>;

/** Drops undefined settings, which must not overwrite the loaded configuration. */
function said(own: Settings): Settings {
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
}

/** A client of one server as one user: client.coreV1.pods.in("shop").get("web"). */
export class Client extends Apis {
  /** The namespace of the kubeconfig's context or of the pod's service account, else "default". */
  readonly namespace: string;
  readonly #requester: Requester;
  readonly #transport: Transport;
  readonly #sockets: WebSockets;

  constructor(config: Config) {
    super();
    checkConfig(config);
    this.namespace = config.namespace || "default";
    const dialer = new Dialer(config);
    const credentials = credentialsOf(config);
    // Fail on an unreadable certificate now, not at the first request.
    if (dialer.url.protocol === "https:") dialer.context({ ...(config.tls?.cert ? { cert: config.tls.cert } : {}), ...(config.tls?.key ? { key: config.tls.key } : {}) });
    const own = `gatehouse-ts/${version} (${process.platform}/${process.arch})`;
    const headers = { "user-agent": config.userAgent ? `${config.userAgent} ${own}` : own, ...impersonation(config.impersonate ?? {}) };
    this.#transport = config.http2 ? new Http2(dialer) : new Http1(dialer);
    this.#requester = new Requester(this.#transport, credentials, headers, dialer.url.pathname, config.fieldManager || "gatehouse-ts");
    this.#sockets = new WebSockets(dialer, credentials, headers);
  }

  /** Loads a kubeconfig: the file at path, else the merged files of $KUBECONFIG, else ~/.kube/config. */
  static fromKubeconfig(path?: string, options: { context?: string } & Settings = {}): Client {
    check("fromKubeconfig", options, { ...settings, context: true });
    const { context, ...own } = options;
    return new Client({ ...loadKubeconfig(path, context), ...said(own) });
  }

  /** Uses the service account of the pod that this program runs in. */
  static inCluster(options: Settings = {}): Client {
    check("inCluster", options, settings);
    return new Client({ ...inClusterConfig(), ...said(options) });
  }

  /** Uses a kubeconfig if there is one, else the pod's service account. */
  static auto(options: Settings = {}): Client {
    check("auto", options, settings);
    return new Client({ ...autoConfig(), ...said(options) });
  }

  /** A resource described by a row, for example a custom resource without generated types. */
  override resource<T extends KubeObject = Untyped>(row: Row): Resource<T> {
    return new Resource<T>({ requester: this.#requester, sockets: this.#sockets }, row);
  }

  /** Sends an arbitrary request, for example to /version, /metrics or a proxy path. The caller consumes the body. Statuses from 400 on throw ApiError. */
  async request(path: string, options: RequestOptions = {}): Promise<Answer> {
    check("request", options, requestNames);
    if (!path.startsWith("/")) throw new TypeError(`request: "${path}" is no path`);
    const { method = "GET", query, accept = "*/*", ...rest } = options;
    return this.#requester.open({ ...rest, method, path, accept, ...(query ? { query: new URLSearchParams(query) } : {}) });
  }

  /** Closes idle connections. The client stays usable. */
  close(): void {
    this.#transport.close();
  }
}
