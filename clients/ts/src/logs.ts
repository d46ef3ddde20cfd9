import { readLines } from "./events.js";
import { check, optionsOf } from "./options.js";
import type { CallOptions } from "./options.js";
import type { Scope } from "./scope.js";

/** Options of pod logs. */
export interface LogOptions extends CallOptions {
  /** Optional for pods with one container. */
  container?: string;
  /** Stream new lines while the container runs. */
  follow?: boolean;
  /** Logs of the container before its last restart. */
  previous?: boolean;
  timestamps?: boolean;
  /** Only lines of the last seconds. */
  sinceSeconds?: number;
  /** Only lines since this time (RFC 3339). */
  sinceTime?: string | Date;
  /** Only the last lines. */
  tailLines?: number;
  limitBytes?: number;
  stream?: "All" | "Stdout" | "Stderr";
}

const names = {
  ...optionsOf.call, container: true, follow: true, previous: true, timestamps: true, sinceSeconds: true, sinceTime: true, tailLines: true, limitBytes: true, stream: true,
} as const satisfies Record<keyof LogOptions, true>;

function requestOf(scope: Scope, name: string, options: LogOptions) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(options)) {
    if (value !== undefined && value !== false && key !== "signal") query.set(key, value instanceof Date ? value.toISOString() : String(value));
  }
  return { method: "GET", path: scope.path(name, "log"), query, accept: "*/*", signal: options.signal } as const;
}

export async function logs(scope: Scope, name: string, options: LogOptions): Promise<string> {
  const { follow: _, ...without } = names;
  check("logs", options, without);
  return (await scope.link.requester.read(requestOf(scope, name, options))).toString("utf8");
}

/** Yields lines without their newline. Returns when the signal aborts. */
export function logLines(scope: Scope, name: string, options: LogOptions): AsyncGenerator<string, void, undefined> {
  check("logLines", options, names);
  const request = requestOf(scope, name, options);
  return (async function* () {
    try {
      const answer = await scope.link.requester.open(request);
      let last: string | undefined;
      for await (const lines of readLines(answer.body, (rest) => { last = rest; })) yield* lines;
      if (last !== undefined) yield last;
    } catch (error) {
      if (!options.signal?.aborted) throw error;
    }
  })();
}
