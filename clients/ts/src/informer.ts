import type { KubeObject } from "./object.js";
import { check } from "./options.js";
import type { SelectOptions } from "./options.js";
import type { Scope } from "./scope.js";
import { whenAborted } from "./signal.js";
import { Store } from "./store.js";
import { watch } from "./watch.js";
import type { WatchEvent } from "./watch.js";

/** Event handlers of an informer. They run one at a time, in the order of the changes; promises are awaited. */
export interface Handlers<T> {
  /** A new object; initial is true during the first list. */
  onAdd?: (object: T, initial: boolean) => unknown;
  onUpdate?: (old: T, object: T) => unknown;
  /** A deleted object, in its last known state. */
  onDelete?: (last: T) => unknown;
  /** An error thrown by a handler; logged by default. The informer goes on. */
  onError?: (error: unknown) => void;
}

export type InformerOptions<T> = Handlers<T> & SelectOptions;

const names = { onAdd: true, onUpdate: true, onDelete: true, onError: true, signal: true, labelSelector: true, fieldSelector: true } as const satisfies Record<keyof InformerOptions<unknown>, true>;

/** A store that a watch keeps up to date. */
export class Informer<T extends KubeObject> extends Store<T> {
  readonly #scope: Scope;
  readonly #options: InformerOptions<T>;
  readonly #stopping = new AbortController();
  readonly #synced: Promise<void>;
  #isSynced = false;
  #settle!: { resolve: () => void; reject: (error: unknown) => void };
  #running = false;

  constructor(scope: Scope, options: InformerOptions<T>) {
    super();
    check("informer", options, names);
    this.#scope = scope;
    this.#options = options;
    this.#synced = new Promise((resolve, reject) => { this.#settle = { resolve, reject }; });
    this.#synced.catch(() => {}); // run rejects with it as well
  }

  /** Watches until stop, the signal or a permanent error. May be called once. */
  async run(): Promise<void> {
    const { scope, signal } = { scope: this.#scope, signal: this.#options.signal };
    if (this.#running) throw new Error(`informer of ${scope.row.resource}: it runs already`);
    this.#running = true;
    const forget = whenAborted(signal, () => this.stop());
    const { labelSelector, fieldSelector } = this.#options;
    const synced = () => {
      this.#isSynced = true;
      this.#settle.resolve();
    };
    try {
      for await (const event of watch<T>(scope, { labelSelector, fieldSelector, signal: this.#stopping.signal }, synced)) await this.#heard(event);
      this.#settle.reject(new Error(`informer of ${scope.row.resource}: it was stopped`));
    } catch (error) {
      this.#settle.reject(error);
      throw error;
    } finally {
      forget();
    }
  }

  /** Stops the informer; run resolves. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Resolves when the first list is in the store and its handlers have run. */
  waitSynced(): Promise<void> {
    return this.#synced;
  }

  /** Updates the store before it calls the handler. */
  async #heard({ type, object }: WatchEvent<T>): Promise<void> {
    const { onAdd, onUpdate, onDelete } = this.#options;
    try {
      if (type === "DELETED") {
        const last = this.remove(object);
        if (last) await onDelete?.(last);
        return;
      }
      const old = this.put(object);
      if (old) await onUpdate?.(old, object);
      else await onAdd?.(object, !this.#isSynced);
    } catch (error) {
      if (this.#options.onError) this.#options.onError(error);
      else console.error(`handler of ${this.#scope.row.resource}:`, error);
    }
  }
}
