import { check, optionsOf } from "./options.js";
import type { DeleteOptions, GetOptions, PatchOptions, TokenOptions, WriteOptions } from "./options.js";
import { jsonType } from "./request.js";
import type { Subresource } from "./row.js";
import { kinded } from "./scope.js";
import type { Body, Scope } from "./scope.js";

/** A subresource of one object. */
export class Sub<S extends object> {
  readonly #scope: Scope;
  readonly #name: string;
  readonly #sub: Subresource;

  constructor(scope: Scope, name: string, subresource: string) {
    const sub = scope.row.subresources?.find((each) => each.name === subresource);
    if (!sub) throw new TypeError(`${scope.row.resource} have no ${subresource}`);
    this.#scope = scope;
    this.#name = name;
    this.#sub = sub;
  }

  async get(options: GetOptions = {}): Promise<S> {
    check("get", options, optionsOf.get);
    return this.#scope.get(this.#name, this.#sub.name, options);
  }

  async create(body: S, options: WriteOptions = {}): Promise<S> {
    check("create", options, optionsOf.write);
    return this.#send("POST", body, options);
  }

  async replace(body: S, options: WriteOptions = {}): Promise<S> {
    check("replace", options, optionsOf.write);
    return this.#send("PUT", body, options);
  }

  async patch(body: Body, options: PatchOptions = {}): Promise<S> {
    check("patch", options, optionsOf.patch);
    return this.#scope.patch(this.#name, this.#sub.name, body, options);
  }

  #send(method: "POST" | "PUT", body: S, options: WriteOptions): Promise<S> {
    const path = this.#scope.path(this.#name, this.#sub.name);
    return this.#scope.write({ method, path, contentType: jsonType, body: JSON.stringify(kinded(body, this.#sub)) }, options);
  }
}

/** Creates an Eviction. Deletion options go into its body, dryRun into the query. */
export function evict(scope: Scope, name: string, options: DeleteOptions): Promise<unknown> {
  const { signal, dryRun, ...deleteOptions } = options;
  return post(scope, name, "eviction", { apiVersion: "policy/v1", kind: "Eviction", metadata: metadata(scope, name), deleteOptions }, { signal, dryRun });
}

/** A token of a service account. */
export interface Token {
  token: string;
  expires: Date;
}

export async function token(scope: Scope, name: string, { audiences = [], seconds, ...options }: TokenOptions): Promise<Token> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: metadata(scope, name), spec: { audiences, expirationSeconds: seconds } };
  const { status } = await post<{ status: { token: string; expirationTimestamp: string } }>(scope, name, "token", body, options);
  return { token: status.token, expires: new Date(status.expirationTimestamp) };
}

function metadata(scope: Scope, name: string): object {
  return { name, namespace: scope.namespace };
}

function post<R>(scope: Scope, name: string, below: string, body: object, options: WriteOptions): Promise<R> {
  return scope.write({ method: "POST", path: scope.path(name, below), contentType: jsonType, body: JSON.stringify(body) }, options);
}
