import { setMaxListeners } from "node:events";

/** Calls when a signal aborts, at once if it has. Returns how to take that back. A program may have one signal for any number of watches. */
export function whenAborted(signal: AbortSignal | undefined, call: () => void): () => void {
  if (!signal) return () => {};
  if (signal.aborted) {
    call();
    return () => {};
  }
  setMaxListeners(0, signal);
  signal.addEventListener("abort", call, { once: true });
  return () => signal.removeEventListener("abort", call);
}
