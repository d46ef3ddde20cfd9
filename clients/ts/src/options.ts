import type { MetaV1 } from "./models.js";

/** What every operation takes. */
export interface CallOptions {
  /** Ends the operation: with its reason as the error, or, for watches and informers, without one. */
  signal?: AbortSignal;
}

/** What selects objects. */
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
  /** The size of a page. */
  limit?: number;
  /** Asks for the page after the one that had this token. */
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: "Exact" | "NotOlderThan" | (string & {});
  timeoutSeconds?: number;
}

export interface WatchOptions extends SelectOptions {
  /** Where to begin; without it the watch begins with what there is. */
  resourceVersion?: string;
  /** How long the whole watch lasts, however often it connects. */
  timeoutSeconds?: number;
  /** Shows the bookmarks, which are for the watch's own use otherwise. */
  bookmarks?: boolean;
}

export interface WriteOptions extends CallOptions {
  /** Does everything but keep the result. */
  dryRun?: boolean;
  /** The name under which the write owns fields, where it is not the client's. */
  fieldManager?: string;
  /** What becomes of unknown fields. */
  fieldValidation?: "Strict" | "Warn" | "Ignore" | (string & {});
}

export interface PatchOptions extends WriteOptions {
  /** merge when absent. */
  type?: "merge" | "strategic" | "json";
}

export interface ApplyOptions extends WriteOptions {
  /** Takes fields from other managers. */
  force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  dryRun?: boolean;
  /** How many seconds the object has to end. */
  gracePeriodSeconds?: number;
  /** What becomes of the object's dependents. */
  propagationPolicy?: "Background" | "Foreground" | "Orphan" | (string & {});
  /** The object must be this one, or the deletion is a conflict. */
  preconditions?: MetaV1.Preconditions;
}

export interface DeleteCollectionOptions extends Omit<DeleteOptions, "preconditions">, SelectOptions {}

export interface TokenOptions extends WriteOptions {
  /** Who the token is for; the server itself when absent. */
  audiences?: string[];
  /** How long it lasts; the server may give more or less. */
  seconds?: number;
}

/** Names the options of an operation; the compiler sees to it that none is missing. */
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

/** The options of each operation. */
export const optionsOf = { call, get, list, watch, write, patch, apply, deletion, deleteCollection, token };

/** Refuses options that an operation does not have: JavaScript has no compiler that would. */
export function check(what: string, options: object, names: Readonly<Record<string, true>>): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) throw new TypeError(`${what}: the options are no object`);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(names, name)) throw new TypeError(`${what} has no option "${name}"; it has ${Object.keys(names).sort().join(", ")}`);
  }
}

/** What goes into a request otherwise than by its query. */
const notInQuery = new Set(["signal", "bookmarks", "type", "preconditions", "audiences", "seconds"]);

/** The query that options say. */
export function queryOf(options: object): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === false || notInQuery.has(name)) continue;
    query.set(name, name === "dryRun" ? "All" : String(value));
  }
  return query;
}
