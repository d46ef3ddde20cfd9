import type { KubeObject, Page } from "./object.js";
import type { ListOptions } from "./options.js";
import type { Scope } from "./scope.js";

/** The default page size. */
const pageSize = 500;

/** A lazy list, fetched page by page: for await (const pod of pods.list()). Each iteration starts a new list. */
export class List<T extends KubeObject> implements AsyncIterable<T> {
  readonly #scope: Scope;
  readonly #options: ListOptions;

  constructor(scope: Scope, options: ListOptions) {
    this.#scope = scope;
    this.#options = options;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of pages<T>(this.#scope, this.#options)) yield* page.items;
  }

  /** Fetches all pages. */
  async toArray(): Promise<T[]> {
    const all: T[][] = [];
    for await (const page of pages<T>(this.#scope, this.#options)) all.push(page.items);
    return all.flat();
  }
}

/** The pages of a list. */
export async function* pages<T extends KubeObject>(scope: Scope, options: ListOptions): AsyncGenerator<Page<T>, void, undefined> {
  let next: ListOptions = { limit: pageSize, ...options };
  for (;;) {
    const page = await scope.page<T>(next);
    yield page;
    if (!page.continue) return;
    // The continue token implies the resourceVersion; servers reject both together.
    const { resourceVersion: _, resourceVersionMatch: __, ...rest } = next;
    next = { ...rest, continue: page.continue };
  }
}
