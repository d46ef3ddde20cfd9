import type { MetaV1 } from "./models.js";

/** The fields that all API objects share. */
export interface KubeObject {
  kind?: string;
  apiVersion?: string;
  metadata?: MetaV1.ObjectMeta;
}

/** An object without a generated type, such as a custom resource. */
export interface Untyped extends KubeObject {
  [field: string]: any;
}

/** A partial object, for server-side apply. */
export type Part<T> = T extends (infer E)[] ? Part<E>[] : T extends object ? { [K in keyof T]?: Part<T[K]> } : T;

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** The version of the list, from which a watch can start. */
  resourceVersion: string;
  /** The token of the next page; empty on the last one. */
  continue: string;
  /** The number of remaining objects, if the server reports it. */
  remainingItemCount?: number;
}
