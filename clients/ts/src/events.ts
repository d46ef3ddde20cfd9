import type { Readable } from "node:stream";
import { ApiError } from "./errors.js";
import type { KubeObject } from "./object.js";
import type { WatchEvent } from "./watch.js";

const newline = 10;

/** Decodes the events of one watch connection, batched as they arrive. */
export async function* readEvents<T extends KubeObject>(body: Readable): AsyncGenerator<WatchEvent<T>[], void, undefined> {
  for await (const lines of readLines(body)) {
    const events: WatchEvent<T>[] = [];
    try {
      for (const line of lines) if (line.trim()) events.push(eventOf<T>(line));
    } catch (error) {
      if (events.length > 0) yield events; // deliver the events before the fault
      throw error;
    }
    if (events.length > 0) yield events;
  }
}

/** Splits a stream into complete lines. A last line without a newline is passed to rest; for events it means a broken connection. */
export async function* readLines(body: Readable, rest: (last: string) => void = half): AsyncGenerator<string[], void, undefined> {
  let begun: Buffer[] = []; // the chunks of an incomplete line
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf(newline);
    if (end < 0) {
      begun.push(chunk);
      continue;
    }
    const whole = begun.length > 0 ? Buffer.concat([...begun, chunk.subarray(0, end)]) : chunk.subarray(0, end);
    begun = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
    yield whole.toString("utf8").split("\n");
  }
  if (begun.length > 0) rest(Buffer.concat(begun).toString("utf8"));
}

function half(text: string): void {
  if (text.trim()) throw new Error("event of a watch: the connection ended in it");
}

/** Decodes an event. An ERROR event is thrown as ApiError. */
function eventOf<T extends KubeObject>(line: string): WatchEvent<T> {
  let event: { type?: string; object?: any };
  try {
    event = JSON.parse(line);
  } catch (error) {
    throw new Error(`event of a watch: ${(error as Error).message}`, { cause: error });
  }
  const object = event?.object;
  if (typeof object !== "object" || object === null || Array.isArray(object) || typeof event.type !== "string") throw new Error(`event of a watch: it has no object: ${line.slice(0, 200)}`);
  if (event.type !== "ERROR") return event as WatchEvent<T>;
  if (object.kind === "Status") throw new ApiError(object);
  throw new ApiError({ kind: "Status", apiVersion: "v1", status: "Failure", message: `the watch failed: ${JSON.stringify(object).slice(0, 2048)}` });
}
