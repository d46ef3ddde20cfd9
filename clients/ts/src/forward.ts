import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { check, optionsOf } from "./options.js";
import type { CallOptions } from "./options.js";
import { portForward } from "./portforward.js";
import type { Scope } from "./scope.js";
import { whenAborted } from "./signal.js";

/** The local end of a forwarded port. The signal closes the listener and all connections. */
export interface ForwardOptions extends CallOptions {
  /** Default: 127.0.0.1. */
  host?: string;
  /** Default: a free port, see server.address(). */
  localPort?: number;
  /** Called with the error of a single connection; the listener goes on. */
  onError?: (error: unknown) => void;
}

const names = { ...optionsOf.call, host: true, localPort: true, onError: true } as const satisfies Record<keyof ForwardOptions, true>;

/** Listens on a local port and forwards each connection to a port of a pod. */
export async function forward(scope: Scope, name: string, port: number, options: ForwardOptions): Promise<Server> {
  check("forward", options, names);
  const { host = "127.0.0.1", localPort = 0, onError = () => {}, signal } = options;
  signal?.throwIfAborted();
  const server = createServer({ pauseOnConnect: true }, (local) => {
    local.on("error", () => {}); // close is handled below
    portForward(scope, name, port, signal).then((remote) => join(local, remote, onError), (error) => {
      local.destroy();
      if (!signal?.aborted) onError(error);
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen({ host, port: localPort }, resolve));
  const forget = whenAborted(signal, () => server.close());
  server.once("close", forget);
  return server;
}

/** Copies between two connections until one of them ends. */
function join(local: Socket, remote: Duplex, onError: (error: unknown) => void): void {
  if (local.destroyed) return void remote.destroy();
  remote.on("error", (error) => {
    local.destroy();
    onError(error);
  });
  local.once("close", () => remote.destroy());
  local.pipe(remote).pipe(local);
}
