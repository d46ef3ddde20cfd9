import { Duplex } from "node:stream";
import type { Scope } from "./scope.js";
import type { Channels } from "./websocket.js";

/** The channel numbers of port-forward. The first message of each is the port number. */
const [dataChannel, faultChannel] = [0, 1];

/** Opens a connection to a port of a pod. There is no half-close: either side's end closes it. */
export async function portForward(scope: Scope, name: string, port: number, signal: AbortSignal | undefined): Promise<Duplex> {
  const query = new URLSearchParams({ ports: String(port) });
  const channels = await scope.link.sockets.connect(scope.path(name, "portforward"), query, ["v4.channel.k8s.io"], signal);
  return join(channels, signal);
}

function join(channels: Channels, signal: AbortSignal | undefined): Duplex {
  const heads = new Set<number>(); // channels whose port number has arrived
  let full = false;
  const free = () => {
    if (full) channels.resume();
    full = false;
  };
  const connection: Duplex = new Duplex({
    read: free,
    write: (chunk: Buffer, _, done) => channels.send(dataChannel!, chunk, done),
    final: (done) => {
      channels.close();
      done();
    },
    destroy: (error, done) => {
      free();
      channels.close();
      done(error);
    },
  });
  channels.receive((channel, data) => {
    if (channel > faultChannel! || connection.destroyed) return;
    if (!heads.has(channel)) {
      heads.add(channel);
      if (data.length < 2) return void connection.destroy(new Error(`port forward: channel ${channel} begins with ${data.length} bytes instead of the port`));
      data = data.subarray(2);
    }
    if (data.length === 0) return;
    if (channel === faultChannel) return void connection.destroy(new Error(`port forward: ${data.toString("utf8")}`));
    if (!connection.push(data) && !full) {
      full = true;
      channels.pause();
    }
  }, (error) => {
    if (signal?.aborted) connection.destroy(signal.reason);
    else if (error) connection.destroy(error);
    else if (!connection.destroyed) connection.push(null);
  });
  return connection;
}
