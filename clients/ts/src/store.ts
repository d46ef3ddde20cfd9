import type { KubeObject } from "./object.js";
import { keyOf } from "./watch.js";

/** An index of objects by computed values. */
interface Index<T> {
  words: (object: T) => string[];
  found: Map<string, Map<string, T>>;
}

/** Objects by namespace and name, and by indexes. They must not be modified. */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();

  /** The number of objects. */
  get size(): number { return this.#objects.size; }

  /** An object by name. The namespace of cluster-scoped objects is empty. */
  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(keyOf({ namespace, name }));
  }

  /** All objects, sorted by namespace and name. */
  list(): T[] {
    return sorted(this.#objects);
  }

  /** Adds an index. words returns the values under which an object is found. Existing objects are indexed as well. */
  addIndex(name: string, words: (object: T) => string[]): void {
    const index: Index<T> = { words, found: new Map() };
    for (const [key, object] of this.#objects) add(index, key, object);
    this.#indexes.set(name, index);
  }

  /** The objects with a value in an index, sorted by namespace and name. */
  byIndex(name: string, word: string): T[] {
    const index = this.#indexes.get(name);
    if (!index) throw new TypeError(`there is no index "${name}"`);
    return sorted(index.found.get(word) ?? new Map());
  }

  /** Stores an object and returns its predecessor. */
  protected put(object: T): T | undefined {
    const key = keyOf(object.metadata ?? {});
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      if (old) drop(index, key, old);
      add(index, key, object);
    }
    return old;
  }

  /** Removes an object and returns it. */
  protected remove(object: T): T | undefined {
    const key = keyOf(object.metadata ?? {});
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) drop(index, key, old);
    return old;
  }
}

function add<T>({ words, found }: Index<T>, key: string, object: T): void {
  for (const word of words(object)) {
    let objects = found.get(word);
    if (!objects) found.set(word, (objects = new Map()));
    objects.set(key, object);
  }
}

function drop<T>({ words, found }: Index<T>, key: string, object: T): void {
  for (const word of words(object)) {
    const objects = found.get(word);
    if (objects?.delete(key) && objects.size === 0) found.delete(word);
  }
}

function sorted<T extends KubeObject>(objects: Map<string, T>): T[] {
  const part = (a = "", b = "") => (a < b ? -1 : a > b ? 1 : 0);
  return [...objects.values()].sort(({ metadata: a }, { metadata: b }) => part(a?.namespace, b?.namespace) || part(a?.name, b?.name));
}
