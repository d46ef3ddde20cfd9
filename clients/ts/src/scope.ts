import { parse } from "yaml";
import type { KubeObject, Page } from "./object.js";
import { queryOf } from "./options.js";
import type { CallOptions, DeleteOptions, WriteOptions } from "./options.js";
import { apiVersionOf, collectionPath, objectPath } from "./paths.js";
import { jsonType } from "./request.js";
import type { Request, Requester } from "./request.js";
import type { Row } from "./row.js";
import type { WebSockets } from "./websocket.js";

/** The parts of a client that resources use. */
export interface Link {
  requester: Requester;
  sockets: WebSockets;
}

/** A request body: bytes and text are sent as they are, everything else as JSON. */
export type Body = string | Uint8Array | object;

const patchTypes = { merge: "application/merge-patch+json", strategic: "application/strategic-merge-patch+json", json: "application/json-patch+json" };
const applyType = "application/apply-patch+yaml";

/** The untyped operations of a resource in a namespace. */
export class Scope {
  constructor(readonly link: Link, readonly row: Row, readonly namespace: string) {}

  get<T>(name: string, below: string | undefined, options: CallOptions): Promise<T> {
    return this.#call({ method: "GET", path: this.path(name, below) }, options);
  }

  async page<T extends KubeObject>(options: CallOptions): Promise<Page<T>> {
    const list = await this.#call<{ items?: T[] | null; metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number } }>(
      { method: "GET", path: collectionPath(this.row, this.namespace) }, options);
    const items = list.items ?? [];
    for (const item of items) this.setKind(item);
    const { resourceVersion = "", continue: next = "", remainingItemCount } = list.metadata ?? {};
    return { items, resourceVersion, continue: next, ...(remainingItemCount === undefined ? {} : { remainingItemCount }) };
  }

  create<T>(object: KubeObject, options: WriteOptions): Promise<T> {
    const { row } = this;
    const namespace = this.#namespaceOf(object);
    if (row.namespaced && !namespace) throw new TypeError(`${row.resource}: no namespace is given`);
    return this.write({ method: "POST", path: collectionPath(row, namespace), contentType: jsonType, body: JSON.stringify(kinded(object, row)) }, options);
  }

  replace<T>(object: KubeObject, below: string | undefined, options: WriteOptions): Promise<T> {
    return this.write({ method: "PUT", path: this.#pathOf(object, below), contentType: jsonType, body: JSON.stringify(kinded(object, this.row)) }, options);
  }

  patch<T>(name: string, below: string | undefined, body: Body, { type = "merge", ...options }: WriteOptions & { type?: keyof typeof patchTypes }): Promise<T> {
    if (!Object.hasOwn(patchTypes, type)) throw new TypeError(`a patch is ${Object.keys(patchTypes).join(", ")}, not ${type}`);
    return this.write({ method: "PATCH", path: this.path(name, below), contentType: patchTypes[type], body: encode(body) }, options);
  }

  apply<T>(object: Body, below: string | undefined, options: WriteOptions): Promise<T> {
    const applied = typeof object === "string" || object instanceof Uint8Array ? parse(Buffer.from(object).toString("utf8")) : object;
    if (typeof applied !== "object" || applied === null || Array.isArray(applied)) throw new TypeError(`apply ${this.row.resource}: not an object`);
    return this.write({ method: "PATCH", path: this.#pathOf(applied, below), contentType: applyType, body: JSON.stringify(kinded(applied, this.row)) }, options);
  }

  /** Deletes a path. The options go into the body: servers ignore the query when there is one. */
  remove<T>(path: string, options: DeleteOptions): Promise<T> {
    const { dryRun, gracePeriodSeconds, propagationPolicy, preconditions, ...rest } = options;
    const body = { kind: "DeleteOptions", apiVersion: "v1", gracePeriodSeconds, preconditions, propagationPolicy, dryRun: dryRun ? ["All"] : undefined };
    return this.#call({ method: "DELETE", path, contentType: jsonType, body: JSON.stringify(body) }, rest);
  }

  /** Sends a write, with a field manager. */
  write<T>(request: Request, options: WriteOptions): Promise<T> {
    return this.#call(request, { ...options, fieldManager: options.fieldManager || this.link.requester.fieldManager } as WriteOptions);
  }

  path(name: string, below?: string): string {
    return objectPath(this.row, this.namespace, name, below);
  }

  /** Sets kind and apiVersion, which list items lack. */
  setKind(object: KubeObject): void {
    object.kind ??= this.row.kind;
    object.apiVersion ??= apiVersionOf(this.row);
  }

  /** The path of a write: the object's own name, in the resource's namespace or else the object's. */
  #pathOf(object: KubeObject, below: string | undefined): string {
    return objectPath(this.row, this.#namespaceOf(object), object.metadata?.name ?? "", below);
  }

  #namespaceOf(object: KubeObject): string {
    return this.namespace || object.metadata?.namespace || "";
  }

  #call<T>(request: Request, options: CallOptions): Promise<T> {
    return this.link.requester.json({ ...request, query: queryOf(options), signal: options.signal });
  }
}

/** Fills in kind and apiVersion. */
export function kinded(object: KubeObject, of: { group: string; version: string; kind: string }): KubeObject {
  return { ...object, kind: object.kind ?? of.kind, apiVersion: object.apiVersion ?? apiVersionOf(of) };
}

function encode(body: Body): string | Uint8Array {
  return typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
}
