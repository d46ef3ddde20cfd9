import { readFile } from "node:fs/promises";
import type { Config } from "./config.js";
import { ExecCredentials } from "./execplugin.js";

/** Who asks: the value of the Authorization header, and the certificate to show, both where there are some. */
export interface Identity {
  authorization?: string;
  cert?: string;
  key?: string;
}

/** Knows who asks, now. */
export interface Credentials {
  identity(): Promise<Identity>;
  /** Gets new credentials after the server refused the old ones; false when there are no others. */
  renew(): boolean;
}

/** Picks the credentials of a configuration: a certificate goes with each of the others. */
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

/** Credentials that never change. */
class Fixed implements Credentials {
  readonly #identity: Identity;
  constructor(identity: Identity) { this.#identity = identity; }
  async identity(): Promise<Identity> { return this.#identity; }
  renew(): boolean { return false; }
}

/** How long a token is used before its file is read again. */
export const tokenFileAge = 60_000;

/** A token that somebody else keeps fresh. */
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
        // A file that is gone for a moment is being replaced: the old token may still be good.
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
