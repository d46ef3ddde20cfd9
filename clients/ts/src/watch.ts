import { readEvents } from "./events.js";
import { ApiError, isExpired } from "./errors.js";
import { pages } from "./list.js";
import type { KubeObject } from "./object.js";
import { queryOf } from "./options.js";
import type { WatchOptions } from "./options.js";
import { collectionPath } from "./paths.js";
import type { Scope } from "./scope.js";
import { whenAborted } from "./signal.js";

/** A change of an object. BOOKMARK only with the option bookmarks. */
export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  object: T;
}

/** The identity and version of a delivered object. */
interface State {
  namespace: string;
  name: string;
  uid: string;
  version: string;
}

const firstReconnect = 500;
const lastReconnect = 30_000;
/** The longest delay of a timer: 24 days. */
const longestTimer = 2 ** 31 - 1;

/** The delay before the nth reconnect. */
export function reconnect(n: number): number {
  const most = Math.min(firstReconnect * 2 ** Math.min(n, 10), lastReconnect);
  return most / 2 + (Math.random() * most) / 2;
}

/** Yields changes until the loop, the signal or the timeout ends it. Throws permanent errors. synced is called after the first list. */
export async function* watch<T extends KubeObject>(scope: Scope, options: WatchOptions, synced: () => void = () => {}): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const { signal, timeoutSeconds } = options;
  const ending = new AbortController();
  const forget = whenAborted(signal, () => ending.abort(signal?.reason));
  const timer = timeoutSeconds === undefined ? undefined : setTimeout(() => ending.abort(), Math.min(timeoutSeconds * 1000, longestTimer));
  const watcher = new Watcher<T>(scope, options, ending.signal, synced);
  try {
    while (!ending.signal.aborted) {
      yield* watcher.round();
      if (ending.signal.aborted) return;
      await scope.link.requester.sleep(reconnect(watcher.attempts++), ending.signal);
    }
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    forget();
    ending.abort();
  }
}

/** The state of a watch across connections. */
class Watcher<T extends KubeObject> {
  /** Connections since the last event. */
  attempts = 0;
  /** The last version seen, from which the next connection resumes; empty before a list. */
  #version: string;
  /** The delivered objects; undefined for a watch from a caller's version, which cannot relist. */
  readonly #known: Map<string, State> | undefined;
  #connected = false;
  readonly #end: number | undefined;

  constructor(readonly scope: Scope, readonly options: WatchOptions, readonly signal: AbortSignal, readonly synced: () => void) {
    this.#version = options.resourceVersion && options.resourceVersion !== "0" ? options.resourceVersion : "";
    this.#known = this.#version ? undefined : new Map();
    this.#end = options.timeoutSeconds === undefined ? undefined : Date.now() + options.timeoutSeconds * 1000;
  }

  /** Lists if necessary, then watches over one connection. Throws permanent errors. */
  async *round(): AsyncGenerator<WatchEvent<T>, void, undefined> {
    try {
      if (!this.#version) {
        yield* this.#list();
        this.#connected = true;
        this.synced();
      }
      yield* this.#connect();
    } catch (error) {
      if (isExpired(error) && this.#known) this.#version = ""; // list again
      else if (!this.#connected || !passing(error)) throw error;
    }
  }

  /** Lists, and yields the difference to the delivered objects. */
  async *#list(): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const known = this.#known!;
    const gone = new Map(known);
    let version = "";
    const { labelSelector, fieldSelector } = this.options;
    for await (const page of pages<T>(this.scope, { labelSelector, fieldSelector, signal: this.signal })) {
      version = page.resourceVersion;
      for (const object of page.items) {
        const now = stateOf(object);
        const key = keyOf(now);
        let before = known.get(key);
        gone.delete(key);
        if (before && before.uid !== now.uid) {
          known.delete(key);
          yield this.#vanished(before);
          before = undefined;
        }
        if (before?.version === now.version) continue;
        known.set(key, now);
        yield { type: before ? "MODIFIED" : "ADDED", object };
      }
    }
    for (const [key, before] of gone) {
      known.delete(key);
      yield this.#vanished(before);
    }
    this.#version = version;
  }

  /** The DELETED event of an object that a relist did not find. */
  #vanished({ namespace, name, uid, version }: State): WatchEvent<T> {
    const object: KubeObject = { metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion: version } };
    this.scope.setKind(object);
    return { type: "DELETED", object: object as T };
  }

  /** Watches over one connection from the last version. */
  async *#connect(): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const { labelSelector, fieldSelector, bookmarks } = this.options;
    const query = queryOf({ labelSelector, fieldSelector, watch: true, allowWatchBookmarks: true, resourceVersion: this.#version });
    if (this.#end !== undefined) query.set("timeoutSeconds", String(1 + Math.max(0, Math.floor((this.#end - Date.now()) / 1000))));
    const { row, namespace, link } = this.scope;
    const answer = await link.requester.open({ method: "GET", path: collectionPath(row, namespace), query, signal: this.signal });
    this.#connected = true;
    for await (const events of readEvents<T>(answer.body)) {
      for (const event of events) {
        if (this.signal.aborted) return;
        this.attempts = 0;
        this.#heard(event);
        if (event.type !== "BOOKMARK" || bookmarks) yield event;
      }
    }
  }

  #heard({ type, object }: WatchEvent<T>): void {
    const now = stateOf(object);
    this.#version = now.version;
    if (type === "DELETED") this.#known?.delete(keyOf(now));
    else if (type !== "BOOKMARK") this.#known?.set(keyOf(now), now);
  }
}

function stateOf({ metadata }: KubeObject): State {
  return { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "", uid: metadata?.uid ?? "", version: metadata?.resourceVersion ?? "" };
}

/** The key of an object. Names contain no slash. */
export function keyOf({ namespace, name }: { namespace?: string; name?: string }): string {
  return `${namespace ?? ""}/${name ?? ""}`;
}

/** Whether a retry may help: for everything but API errors below 500, and for 429. */
function passing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.code >= 500 || error.code === 429 || error.code === 0;
}
