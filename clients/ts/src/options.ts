import type { MetaV1 } from "./models.js";

/** Options of all operations. */
export interface CallOptions {
  /** Aborts the operation, which rejects with the signal's reason; watches, followed logs and informers end without an error. */
  signal?: AbortSignal;
}

/** Selectors. */
export interface SelectOptions extends CallOptions {
  /** app=web,tier!=db */
  labelSelector?: string;
  /** spec.nodeName=n1 */
  fieldSelector?: string;
}

export interface GetOptions extends CallOptions {
  resourceVersion?: string;
}

export interface ListOptions extends SelectOptions {
  /** The page size. */
  limit?: number;
  /** The token of the page to fetch. */
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: "Exact" | "NotOlderThan" | (string & {});
  timeoutSeconds?: number;
}

export interface WatchOptions extends SelectOptions {
  /** The version to start from. Default: ADDED events for all existing objects first. */
  resourceVersion?: string;
  /** The duration of the whole watch, across reconnects. */
  timeoutSeconds?: number;
  /** Also yield BOOKMARK events. */
  bookmarks?: boolean;
}

export interface WriteOptions extends CallOptions {
  /** Validate and admit, but do not persist. */
  dryRun?: boolean;
  /** The field manager. Default: the client's. */
  fieldManager?: string;
  /** How the server treats unknown fields. */
  fieldValidation?: "Strict" | "Warn" | "Ignore" | (string & {});
}

export interface PatchOptions extends WriteOptions {
  /** Default: merge. */
  type?: "merge" | "strategic" | "json";
}

export interface ApplyOptions extends WriteOptions {
  /** Take over fields of other managers. */
  force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  dryRun?: boolean;
  /** Seconds before the object is removed. */
  gracePeriodSeconds?: number;
  /** Garbage collection of dependents. */
  propagationPolicy?: "Background" | "Foreground" | "Orphan" | (string & {});
  /** Conditions on uid and resourceVersion; otherwise the deletion is a conflict. */
  preconditions?: MetaV1.Preconditions;
}

export interface DeleteCollectionOptions extends Omit<DeleteOptions, "preconditions">, SelectOptions {}

export interface TokenOptions extends WriteOptions {
  /** The audiences. Default: the API server. */
  audiences?: string[];
  /** The requested lifetime; the server may change it. */
  seconds?: number;
}

/** The names of all properties of T, checked by the compiler. */
type Names<T> = { readonly [K in keyof Required<T>]: true };

const call: Names<CallOptions> = { signal: true };
const select: Names<SelectOptions> = { ...call, labelSelector: true, fieldSelector: true };
const write: Names<WriteOptions> = { ...call, dryRun: true, fieldManager: true, fieldValidation: true };
const remove = { ...call, dryRun: true, gracePeriodSeconds: true, propagationPolicy: true } as const;

const get: Names<GetOptions> = { ...call, resourceVersion: true };
const list: Names<ListOptions> = { ...select, limit: true, continue: true, resourceVersion: true, resourceVersionMatch: true, timeoutSeconds: true };
const watch: Names<WatchOptions> = { ...select, resourceVersion: true, timeoutSeconds: true, bookmarks: true };
const patch: Names<PatchOptions> = { ...write, type: true };
const apply: Names<ApplyOptions> = { ...write, force: true };
const deletion: Names<DeleteOptions> = { ...remove, preconditions: true };
const deleteCollection: Names<DeleteCollectionOptions> = { ...remove, ...select };
const token: Names<TokenOptions> = { ...write, audiences: true, seconds: true };

/** The option names of each operation. */
export const optionsOf = { call, get, list, watch, write, patch, apply, deletion, deleteCollection, token };

/** Throws on unknown options, for callers without a type checker. */
export function check(what: string, options: object, names: Readonly<Record<string, true>>): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) throw new TypeError(`${what}: the options are no object`);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(names, name)) throw new TypeError(`${what} has no option "${name}"; it has ${Object.keys(names).sort().join(", ")}`);
  }
}

/** Options that are no query parameters. */
const notInQuery = new Set(["signal", "bookmarks", "type", "preconditions", "audiences", "seconds"]);

/** The query parameters of options. */
export function queryOf(options: object): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === false || notInQuery.has(name)) continue;
    query.set(name, name === "dryRun" ? "All" : String(value));
  }
  return query;
}
