import { connect as connectTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, createSecureContext } from "node:tls";
import type { SecureContext, TLSSocket } from "node:tls";
import type { Config } from "./config.js";
import type { Identity } from "./credentials.js";
import { proxyFor, proxyOf, throughProxy } from "./proxy.js";

const dialTimeout = 30_000;
/** The idle time before the first TCP keepalive probe. */
const keepAliveDelay = 30_000;

/** Dials the server of a configuration, through a proxy if one is configured. */
export class Dialer {
  readonly url: URL;
  readonly #config: Config;
  readonly #proxy: URL | undefined;
  #context: { of: Identity; secure: SecureContext } | undefined;

  constructor(config: Config) {
    this.#config = config;
    this.url = new URL(config.server);
    this.#proxy = config.proxyUrl ? proxyOf(config.proxyUrl) : proxyFor(this.url, process.env);
  }

  /** Opens a connection. With TLS it presents the identity's certificate and offers the protocols by ALPN. */
  async connect(identity: Identity, protocols: string[]): Promise<Socket | TLSSocket> {
    const host = this.url.hostname.replace(/^\[|\]$/g, "");
    const port = Number(this.url.port || (this.url.protocol === "https:" ? 443 : 80));
    const socket = this.#proxy ? await throughProxy(this.#proxy, host, port) : await opened(connectTcp({ host, port }), "connect");
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveDelay);
    if (this.url.protocol === "http:") return socket;
    const name = this.#config.tls?.serverName || host;
    const secure = connectTls({
      socket, host, ALPNProtocols: protocols, secureContext: this.context(identity),
      rejectUnauthorized: !this.#config.tls?.insecure, checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
      ...(isIP(name) ? {} : { servername: name }),
    });
    return opened(secure, "secureConnect");
  }

  /** The TLS context of an identity, cached for the last one. */
  context(identity: Identity): SecureContext {
    const { cert, key } = identity;
    const kept = this.#context;
    if (kept && kept.of.cert === cert && kept.of.key === key) return kept.secure;
    this.#context = { of: identity, secure: secureContext(this.#config.tls?.ca, identity) };
    return this.#context.secure;
  }
}

function secureContext(ca: string | undefined, { cert, key }: Identity): SecureContext {
  if (ca && !ca.includes("-----BEGIN CERTIFICATE-----")) throw new TypeError("certificate authority: no certificate in it");
  if (!cert !== !key) throw new TypeError(`client certificate: there is no ${cert ? "key" : "certificate"}`);
  try {
    return createSecureContext({ minVersion: "TLSv1.2", ...(ca ? { ca } : {}), ...(cert ? { cert, key } : {}) });
  } catch (error) {
    throw new TypeError(`client certificate: ${(error as Error).message}`, { cause: error });
  }
}

/** Resolves when the connection is established. */
function opened<S extends Socket>(socket: S, event: "connect" | "secureConnect"): Promise<S> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(Object.assign(new Error("the connection takes too long to open"), { code: "ETIMEDOUT", syscall: "connect" })), dialTimeout);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off("error", failed);
      resolve(socket);
    });
    const failed = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    socket.once("error", failed);
  });
}
