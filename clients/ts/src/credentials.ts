import { readFile } from "node:fs/promises";
import type { Config } from "./config.js";
import { ExecCredentials } from "./execplugin.js";

/** The credentials of one request: Authorization header and client certificate, both optional. */
export interface Identity {
  authorization?: string;
  cert?: string;
  key?: string;
}

/** A source of credentials. */
export interface Credentials {
  identity(): Promise<Identity>;
  /** Discards cached credentials after a 401; false when they cannot be renewed. */
  renew(): boolean;
}

/** Selects the credential source of a configuration. A client certificate combines with each of them. */
export function credentialsOf(config: Config): Credentials {
  const own: Identity = {};
  if (config.tls?.cert) own.cert = config.tls.cert;
  if (config.tls?.key) own.key = config.tls.key;
  if (config.tokenFile) return new TokenFile(config.tokenFile, own);
  if (config.token) return new Fixed({ ...own, authorization: `Bearer ${config.token}` });
  if (config.username) return new Fixed({ ...own, authorization: `Basic ${Buffer.from(`${config.username}:${config.password ?? ""}`).toString("base64")}` });
  if (config.exec) return new ExecCredentials(config, config.exec, own);
  return new Fixed(own);
}

/** Static credentials. */
class Fixed implements Credentials {
  readonly #identity: Identity;
  constructor(identity: Identity) { this.#identity = identity; }
  async identity(): Promise<Identity> { return this.#identity; }
  renew(): boolean { return false; }
}

/** The age at which a token file is re-read. */
export const tokenFileAge = 60_000;

/** A bearer token from a file that is rotated by someone else. */
export class TokenFile implements Credentials {
  now = Date.now;
  readonly #path: string;
  readonly #own: Identity;
  #token = "";
  #read = -Infinity;

  constructor(path: string, own: Identity) {
    this.#path = path;
    this.#own = own;
  }

  async identity(): Promise<Identity> {
    if (!this.#token || this.now() - this.#read >= tokenFileAge) {
      try {
        const token = (await readFile(this.#path, "utf8")).trim();
        if (!token) throw new Error(`${this.#path} is empty`);
        this.#token = token;
        this.#read = this.now();
      } catch (error) {
        // The file may be missing while it is replaced; the old token may still be valid.
        if (!this.#token) throw new Error(`token: ${(error as Error).message}`, { cause: error });
      }
    }
    return { ...this.#own, authorization: `Bearer ${this.#token}` };
  }

  renew(): boolean {
    this.#read = -Infinity;
    return true;
  }
}
