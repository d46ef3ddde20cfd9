import { setMaxListeners } from "node:events";

/** Lets a program have one signal for any number of requests and watches: Node warns of more than ten, as if they were forgotten. */
export function forMany(signal: AbortSignal | undefined): void {
  if (signal) setMaxListeners(0, signal);
}

/** Calls when a signal aborts, at once if it has. Returns how to take that back. */
export function whenAborted(signal: AbortSignal | undefined, call: () => void): () => void {
  if (!signal) return () => {};
  if (signal.aborted) {
    call();
    return () => {};
  }
  forMany(signal);
  signal.addEventListener("abort", call, { once: true });
  return () => signal.removeEventListener("abort", call);
}
