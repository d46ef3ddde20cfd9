/** What a client knows of a resource. The rows of the built-in resources are generated (rows.ts); others are made by hand. */
export interface Row {
  group: string;
  version: string;
  /** The plural name, as in the path. */
  resource: string;
  kind: string;
  namespaced: boolean;
  listKind?: string;
  singular?: string;
  shortNames?: string[];
  /** All verbs when absent. */
  verbs?: string[];
  subresources?: Subresource[];
}

/** Something below a resource: status, scale, log, exec. */
export interface Subresource {
  name: string;
  /** Group, version and kind are those of the bodies. */
  group: string;
  version: string;
  kind: string;
  verbs: string[];
  /** The HTTP methods of a connection, which has no verbs. */
  connect: string[];
  /** The answer is plain text. */
  text: boolean;
}
