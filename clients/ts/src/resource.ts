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

/** How often an update begins anew when others write too. */
const maxUpdates = 10;

/** A resource of one server, in one namespace or in all. Its methods are the operations; what a resource cannot do, the server refuses. */
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

  /** Reads all objects, page after page as the loop goes on. */
  list(options: ListOptions = {}): List<T> {
    check("list", options, optionsOf.list);
    return new List<T>(this.#scope, options);
  }

  /** Reads one page: as many objects as limit says, or all. */
  async page(options: ListOptions = {}): Promise<Page<T>> {
    check("page", options, optionsOf.list);
    return this.#scope.page<T>(options);
  }

  /**
   * Tells what there is, as ADDED, and then what changes, until the loop or the signal ends it. With resourceVersion it tells what
   * has changed since instead.
   *
   * It connects again when a connection ends or breaks. When the server has forgotten what happened since, it lists again and tells
   * the difference; only a watch from a resourceVersion of the caller ends with the error then (isExpired), because it cannot
   * know. An object that was found to be gone in such a list has its metadata alone.
   */
  watch(options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>, void, undefined> {
    check("watch", options, optionsOf.watch);
    return watch<T>(this.#scope, options);
  }

  /** Keeps what a watch tells in a store, and calls handlers. */
  informer(options: InformerOptions<T> = {}): Informer<T> {
    return new Informer<T>(this.#scope, options);
  }

  /** Makes an object and returns what became of it. */
  async create(object: T, options: WriteOptions = {}): Promise<T> {
    check("create", options, optionsOf.write);
    return this.#scope.create(object, options);
  }

  /** Writes an object in place of the one with its name: with its resourceVersion, only if nobody else has written since. */
  async replace(object: T, options: WriteOptions = {}): Promise<T> {
    check("replace", options, optionsOf.write);
    return this.#scope.replace(object, undefined, options);
  }

  /**
   * Reads an object, lets change alter it (or return another), and writes it; when somebody else has written in between, it does so
   * again, so change may be called several times.
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

  /** Changes an object: by a merge patch, or as options.type says. */
  async patch(name: string, body: Body, options: PatchOptions = {}): Promise<T> {
    check("patch", options, optionsOf.patch);
    return this.#scope.patch(name, undefined, body, options);
  }

  /** Server-side apply: the object, which may be YAML, has the fields that the field manager wants to own. */
  async apply(object: Part<T> | string | Uint8Array, options: ApplyOptions = {}): Promise<T> {
    check("apply", options, optionsOf.apply);
    return this.#scope.apply(object, undefined, options);
  }

  /** Deletes an object, or marks it to be deleted: returns it where it is still there, or a Status. */
  async delete(name: string, options: DeleteOptions = {}): Promise<T | MetaV1.Status> {
    check("delete", options, optionsOf.deletion);
    return this.#scope.remove(this.#scope.path(name), options);
  }

  /** Deletes all objects that the options select. */
  async deleteCollection(options: DeleteCollectionOptions = {}): Promise<void> {
    check("deleteCollection", options, optionsOf.deleteCollection);
    await this.#scope.remove(collectionPath(this.row, this.namespace), options);
  }

  /** Reads an object through its status. */
  async getStatus(name: string, options: GetOptions = {}): Promise<T> {
    check("getStatus", options, optionsOf.get);
    return this.#scope.get(name, "status", options);
  }

  /** Writes an object's status, and nothing else of it. */
  async replaceStatus(object: T, options: WriteOptions = {}): Promise<T> {
    check("replaceStatus", options, optionsOf.write);
    return this.#scope.replace(object, "status", options);
  }

  /** Changes an object's status, and nothing else of it. */
  async patchStatus(name: string, body: Body, options: PatchOptions = {}): Promise<T> {
    check("patchStatus", options, optionsOf.patch);
    return this.#scope.patch(name, "status", body, options);
  }

  /** Is apply for an object's status. */
  async applyStatus(object: Part<T> | string | Uint8Array, options: ApplyOptions = {}): Promise<T> {
    check("applyStatus", options, optionsOf.apply);
    return this.#scope.apply(object, "status", options);
  }

  /** Reads how many replicas an object should have and has. */
  async getScale(name: string, options: GetOptions = {}): Promise<AutoscalingV1.Scale> {
    check("getScale", options, optionsOf.get);
    return this.#scope.get(name, "scale", options);
  }

  /** Sets how many replicas an object should have. */
  async scale(name: string, replicas: number, options: WriteOptions = {}): Promise<AutoscalingV1.Scale> {
    check("scale", options, optionsOf.write);
    return this.#scope.patch(name, "scale", { spec: { replicas } }, options);
  }

  /** Asks for a pod to be deleted, which is refused (429) when too few of its kind would be left. */
  async evict(name: string, options: DeleteOptions = {}): Promise<void> {
    check("evict", options, optionsOf.deletion);
    await evict(this.#scope, name, options);
  }

  /** Asks for a token of a service account. */
  async token(name: string, options: TokenOptions = {}): Promise<Token> {
    check("token", options, optionsOf.token);
    return token(this.#scope, name, options);
  }

  /** Anything else that lies below an object: pods.sub("web", "binding").create(body). */
  sub<S extends object = Untyped>(name: string, subresource: string): Sub<S> {
    return new Sub<S>(this.#scope, name, subresource);
  }

  /** Reads what a container of a pod has printed. */
  async logs(name: string, options: Omit<LogOptions, "follow"> = {}): Promise<string> {
    return logs(this.#scope, name, options);
  }

  /** Reads what a container of a pod has printed line by line; with follow also what it will print. */
  logLines(name: string, options: LogOptions = {}): AsyncGenerator<string, void, undefined> {
    return logLines(this.#scope, name, options);
  }

  /** Runs a command in a container of a pod. */
  async exec(name: string, command: string[], options: ExecOptions = {}): Promise<Session> {
    return exec(this.#scope, name, command, options);
  }

  /** Connects to what runs in a container already. */
  async attach(name: string, options: ExecOptions = {}): Promise<Session> {
    return exec(this.#scope, name, undefined, options);
  }

  /** Connects to a port of a pod. */
  async portForward(name: string, port: number, options: CallOptions = {}): Promise<Duplex> {
    check("portForward", options, optionsOf.call);
    return portForward(this.#scope, name, port, options.signal);
  }

  /** Connects whoever comes to a port of this machine to a port of a pod, until the server that it returns is closed. */
  async forward(name: string, port: number, options: ForwardOptions = {}): Promise<Server> {
    return forward(this.#scope, name, port, options);
  }
}
