import type { Row } from "./row.js";

/** The apiVersion of objects. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group ? `${group}/${version}` : version;
}

/** The path of a collection, in one namespace or in all. */
export function collectionPath(row: Row, namespace: string): string {
  const root = row.group ? `/apis/${row.group}/${row.version}` : `/api/${row.version}`;
  return row.namespaced && namespace ? `${root}/namespaces/${encodeURIComponent(namespace)}/${row.resource}` : `${root}/${row.resource}`;
}

/** The path of an object or one of its subresources. */
export function objectPath(row: Row, namespace: string, name: string, below?: string): string {
  if (row.namespaced && !namespace) throw new TypeError(`${row.resource} "${name}": no namespace is given`);
  if (!name) throw new TypeError(`${row.resource}: no name is given`);
  if (typeof name !== "string") throw new TypeError(`${row.resource}: a name is a string, not ${typeof name}`);
  return `${collectionPath(row, namespace)}/${encodeURIComponent(name)}${below ? `/${below}` : ""}`;
}
