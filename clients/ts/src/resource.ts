import type { Server } from "node:net";
import type { Duplex } from "node:stream";
import type { AutoscalingV1, MetaV1 } from "./models.js";
import { isConflict } from "./errors.js";
import { exec } from "./exec.js";
import type { ExecOptions, Session } from "./exec.js";
import { forward } from "./forward.js";
import type { ForwardOptions } from "./forward.js";
import { Informer } from "./informer.js";
import type { InformerOptions } from "./informer.js";
import { List } from "./list.js";
import { logLines, logs } from "./logs.js";
import type { LogOptions } from "./logs.js";
import type { KubeObject, Page, Part, Untyped } from "./object.js";
import { check, optionsOf } from "./options.js";
import type { ApplyOptions, CallOptions, DeleteCollectionOptions, DeleteOptions, GetOptions, ListOptions, PatchOptions, TokenOptions, WatchOptions, WriteOptions } from "./options.js";
import { collectionPath } from "./paths.js";
import { portForward } from "./portforward.js";
import type { Row } from "./row.js";
import { Scope } from "./scope.js";
import type { Body, Link } from "./scope.js";
import { evict, Sub, token } from "./subresource.js";
import type { Token } from "./subresource.js";
import { watch } from "./watch.js";
import type { WatchEvent } from "./watch.js";

/** Attempts of update before a conflict is thrown. */
const maxUpdates = 10;

/** A resource of a server, in one namespace or in all. It has all operations; unsupported ones are rejected by the server. */
export class Resource<T extends KubeObject> {
  readonly #link: Link;
  readonly #scope: Scope;

  constructor(link: Link, readonly row: Row, readonly namespace = "") {
    this.#link = link;
    this.#scope = new Scope(link, row, namespace);
  }

  /** The same resource in one namespace. */
  in(namespace: string): Resource<T> {
    return new Resource<T>(this.#link, this.row, namespace);
  }

  /** Reads an object. */
  async get(name: string, options: GetOptions = {}): Promise<T> {
    check("get", options, optionsOf.get);
    return this.#scope.get(name, undefined, options);
  }

  /** Lists all objects, fetching pages as the loop proceeds. */
  list(options: ListOptions = {}): List<T> {
    check("list", options, optionsOf.list);
    return new List<T>(this.#scope, options);
  }

  /** Fetches one page of up to limit objects. */
  async page(options: ListOptions = {}): Promise<Page<T>> {
    check("page", options, optionsOf.list);
    return this.#scope.page<T>(options);
  }

  /**
   * Yields an ADDED event for every existing object, then every change, until the loop or the signal ends it. With resourceVersion
   * it yields the changes since then instead.
   *
   * It reconnects when a connection ends or breaks. After a 410 it lists again and yields the difference, where a deleted object has
   * its metadata alone. Only a watch from a caller's resourceVersion fails with the 410 (isExpired): it cannot compute the difference.
   */
  watch(options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>, void, undefined> {
    check("watch", options, optionsOf.watch);
    return watch<T>(this.#scope, options);
  }

  /** An informer: a local store kept up to date by a watch, with event handlers. */
  informer(options: InformerOptions<T> = {}): Informer<T> {
    return new Informer<T>(this.#scope, options);
  }

  /** Creates an object and returns the server's version of it. */
  async create(object: T, options: WriteOptions = {}): Promise<T> {
    check("create", options, optionsOf.write);
    return this.#scope.create(object, options);
  }

  /** Replaces an object. With a resourceVersion in it, a concurrent write is a conflict. */
  async replace(object: T, options: WriteOptions = {}): Promise<T> {
    check("replace", options, optionsOf.write);
    return this.#scope.replace(object, undefined, options);
  }

  /**
   * Reads an object, applies change, which may modify it or return another, and replaces it. On a conflict it starts over with a fresh
   * object, so change may be called several times.
   */
  async update(name: string, change: (object: T) => T | void | Promise<T | void>, options: WriteOptions = {}): Promise<T> {
    check("update", options, optionsOf.write);
    for (let tries = 1; ; tries++) {
      const object = await this.#scope.get<T>(name, undefined, options.signal ? { signal: options.signal } : {});
      const changed = await change(object);
      try {
        return await this.#scope.replace<T>(changed ?? object, undefined, options);
      } catch (error) {
        if (!isConflict(error) || tries === maxUpdates) throw error;
      }
      const wait = 10 * 2 ** Math.min(tries - 1, 6);
      await this.#link.requester.sleep(wait * (1 + Math.random()), options.signal);
    }
  }

  /** Patches an object: a JSON merge patch unless options.type says otherwise. */
  async patch(name: string, body: Body, options: PatchOptions = {}): Promise<T> {
    check("patch", options, optionsOf.patch);
    return this.#scope.patch(name, undefined, body, options);
  }

  /** Server-side apply of the fields that the field manager owns; text may be YAML or JSON. */
  async apply(object: Part<T> | string | Uint8Array, options: ApplyOptions = {}): Promise<T> {
    check("apply", options, optionsOf.apply);
    return this.#scope.apply(object, undefined, options);
  }

  /** Deletes an object. Returns the object while its deletion is pending, else a Status. */
  async delete(name: string, options: DeleteOptions = {}): Promise<T | MetaV1.Status> {
    check("delete", options, optionsOf.deletion);
    return this.#scope.remove(this.#scope.path(name), options);
  }

  /** Deletes all objects that match the selectors. */
  async deleteCollection(options: DeleteCollectionOptions = {}): Promise<void> {
    check("deleteCollection", options, optionsOf.deleteCollection);
    await this.#scope.remove(collectionPath(this.row, this.namespace), options);
  }

  /** Reads the status subresource. */
  async getStatus(name: string, options: GetOptions = {}): Promise<T> {
    check("getStatus", options, optionsOf.get);
    return this.#scope.get(name, "status", options);
  }

  /** Replaces the status subresource. */
  async replaceStatus(object: T, options: WriteOptions = {}): Promise<T> {
    check("replaceStatus", options, optionsOf.write);
    return this.#scope.replace(object, "status", options);
  }

  /** Patches the status subresource. */
  async patchStatus(name: string, body: Body, options: PatchOptions = {}): Promise<T> {
    check("patchStatus", options, optionsOf.patch);
    return this.#scope.patch(name, "status", body, options);
  }

  /** Server-side apply of the status subresource. */
  async applyStatus(object: Part<T> | string | Uint8Array, options: ApplyOptions = {}): Promise<T> {
    check("applyStatus", options, optionsOf.apply);
    return this.#scope.apply(object, "status", options);
  }

  /** Reads the scale subresource. */
  async getScale(name: string, options: GetOptions = {}): Promise<AutoscalingV1.Scale> {
    check("getScale", options, optionsOf.get);
    return this.#scope.get(name, "scale", options);
  }

  /** Sets the number of replicas. */
  async scale(name: string, replicas: number, options: WriteOptions = {}): Promise<AutoscalingV1.Scale> {
    check("scale", options, optionsOf.write);
    return this.#scope.patch(name, "scale", { spec: { replicas } }, options);
  }

  /** Evicts a pod. A disruption budget may reject it with 429. */
  async evict(name: string, options: DeleteOptions = {}): Promise<void> {
    check("evict", options, optionsOf.deletion);
    await evict(this.#scope, name, options);
  }

  /** Requests a token of a service account. */
  async token(name: string, options: TokenOptions = {}): Promise<Token> {
    check("token", options, optionsOf.token);
    return token(this.#scope, name, options);
  }

  /** Any other subresource: pods.sub("web", "binding").create(body). */
  sub<S extends object = Untyped>(name: string, subresource: string): Sub<S> {
    return new Sub<S>(this.#scope, name, subresource);
  }

  /** Reads the logs of a container. */
  async logs(name: string, options: Omit<LogOptions, "follow"> = {}): Promise<string> {
    return logs(this.#scope, name, options);
  }

  /** Yields the logs of a container line by line, with follow as they are written. */
  logLines(name: string, options: LogOptions = {}): AsyncGenerator<string, void, undefined> {
    return logLines(this.#scope, name, options);
  }

  /** Runs a command in a container of a pod. */
  async exec(name: string, command: string[], options: ExecOptions = {}): Promise<Session> {
    return exec(this.#scope, name, command, options);
  }

  /** Attaches to the running process of a container. */
  async attach(name: string, options: ExecOptions = {}): Promise<Session> {
    return exec(this.#scope, name, undefined, options);
  }

  /** Opens a connection to a port of a pod. */
  async portForward(name: string, port: number, options: CallOptions = {}): Promise<Duplex> {
    check("portForward", options, optionsOf.call);
    return portForward(this.#scope, name, port, options.signal);
  }

  /** Forwards a local port to a port of a pod, until the returned server is closed. */
  async forward(name: string, port: number, options: ForwardOptions = {}): Promise<Server> {
    return forward(this.#scope, name, port, options);
  }
}
