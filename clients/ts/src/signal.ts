import { setMaxListeners } from "node:events";

/** Allows any number of listeners: Node warns of a leak after ten. */
export function forMany(signal: AbortSignal | undefined): void {
  if (signal) setMaxListeners(0, signal);
}

/** Calls back when a signal aborts, at once if it has. Returns a function that unsubscribes. */
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
