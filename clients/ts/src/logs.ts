import { readLines } from "./events.js";
import { check, optionsOf } from "./options.js";
import type { CallOptions } from "./options.js";
import type { Scope } from "./scope.js";

/** What of a container's output is read. */
export interface LogOptions extends CallOptions {
  /** May be left out where there is one. */
  container?: string;
  /** Goes on as long as the container runs. */
  follow?: boolean;
  /** The container before the last restart. */
  previous?: boolean;
  timestamps?: boolean;
  /** How far to go back. */
  sinceSeconds?: number;
  /** When to begin, RFC 3339. */
  sinceTime?: string | Date;
  /** The number of lines to begin with. */
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

/** The lines, without their ends. The signal ends them without an error. */
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
