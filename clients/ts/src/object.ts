import type { MetaV1 } from "./models.js";

/** What every object of the API has. */
export interface KubeObject {
  kind?: string;
  apiVersion?: string;
  metadata?: MetaV1.ObjectMeta;
}

/** An object without a model, such as that of a custom resource. */
export interface Untyped extends KubeObject {
  [field: string]: any;
}

/** A part of an object: what is applied. */
export type Part<T> = T extends (infer E)[] ? Part<E>[] : T extends object ? { [K in keyof T]?: Part<T[K]> } : T;

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** The version of the list: where a watch may begin. */
  resourceVersion: string;
  /** Asks for the next page; empty at the last one. */
  continue: string;
  /** How many objects are behind this page, where the server says so. */
  remainingItemCount?: number;
}
