import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { BlockList, connect, isIP, isIPv6 } from "node:net";
import type { Socket } from "node:net";

const handshakeTimeout = 30_000;

/** The proxy of a server by HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
export function proxyFor(server: URL, environment: NodeJS.ProcessEnv): URL | undefined {
  const name = server.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = environment[name] || environment[name.toLowerCase()];
  if (!proxy || excepted(server, environment["NO_PROXY"] || environment["no_proxy"] || "")) return undefined;
  return proxyOf(proxy);
}

/** Whether a server bypasses the proxy: loopback addresses and entries of NO_PROXY. */
function excepted(server: URL, list: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))) return true;
  return list.toLowerCase().split(",").map((word) => word.trim()).filter(Boolean).some((word) => {
    if (word === "*") return true;
    const network = /^([0-9a-f:.]+)\/(\d+)$/.exec(word);
    if (network) return inNetwork(host, network[1]!, Number(network[2]));
    const [, name, port] = /^(.*?)(?::(\d+))?$/.exec(word)!;
    if (isIPv6(word)) return host === word;
    if (port && port !== (server.port || (server.protocol === "https:" ? "443" : "80"))) return false;
    const domain = name!.replace(/^\*?\./, "");
    return host === domain || host.endsWith(`.${domain}`);
  });
}

function inNetwork(host: string, address: string, bits: number): boolean {
  const family = isIP(address);
  if (!family || family !== isIP(host) || bits > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, bits, type);
  return list.check(host, type);
}

/** Parses a proxy address. */
export function proxyOf(address: string): URL {
  const proxy = new URL(address.includes("://") ? address : `http://${address}`);
  if (!["http:", "https:", "socks5:", "socks5h:"].includes(proxy.protocol)) throw new TypeError(`proxy: ${proxy.protocol} is none of http, https and socks5`);
  return proxy;
}

/** Opens a connection to a host through a proxy. */
export function throughProxy(proxy: URL, host: string, port: number): Promise<Socket> {
  return proxy.protocol.startsWith("socks") ? socks(proxy, host, port) : tunnel(proxy, host, port);
}

/** Opens a CONNECT tunnel through an HTTP proxy. */
function tunnel(proxy: URL, host: string, port: number): Promise<Socket> {
  const address = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const headers: Record<string, string> = { host: address };
  if (proxy.username) headers["proxy-authorization"] = `Basic ${Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString("base64")}`;
  return new Promise((resolve, reject) => {
    const send = proxy.protocol === "https:" ? requestHttps : requestHttp;
    const request = send(proxy, { method: "CONNECT", path: address, headers, agent: false, timeout: handshakeTimeout });
    request.once("timeout", () => request.destroy(new Error("proxy: it does not answer")));
    request.once("error", reject);
    request.once("response", (answer) => {
      answer.resume();
      reject(new Error(`proxy: it answers ${answer.statusCode}`));
    });
    request.once("connect", (answer, socket) => {
      if (answer.statusCode === 200) return resolve((socket as Socket).setTimeout(0));
      socket.destroy();
      reject(new Error(`proxy: it answers ${answer.statusCode}`));
    });
    request.end();
  });
}

/** Connects through a SOCKS5 proxy (RFC 1928, passwords RFC 1929), which resolves the name. */
async function socks(proxy: URL, host: string, port: number): Promise<Socket> {
  const socket = connect({ host: proxy.hostname.replace(/^\[|\]$/g, ""), port: Number(proxy.port || 1080) });
  const silent = () => socket.destroy(new Error("proxy: it does not answer"));
  socket.setTimeout(handshakeTimeout).on("timeout", silent);
  const answers = reader(socket);
  try {
    const [user, password] = [Buffer.from(decodeURIComponent(proxy.username)), Buffer.from(decodeURIComponent(proxy.password))];
    const method = user.length ? 2 : 0;
    socket.write(Buffer.from([5, 1, method]));
    const chosen = await answers(2);
    if (chosen[0] !== 5 || chosen[1] !== method) throw new Error("proxy: it wants other credentials");
    if (method === 2) {
      if (user.length > 255 || password.length > 255) throw new Error("proxy: the name or the password is too long");
      socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]));
      if ((await answers(2))[1] !== 0) throw new Error("proxy: it refuses the password");
    }
    const name = Buffer.from(host);
    if (name.length > 255) throw new Error("proxy: the name of the server is too long");
    socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([port >> 8, port & 255])]));
    const head = await answers(4);
    if (head[1] !== 0) throw new Error(`proxy: it cannot connect (${head[1]})`);
    await answers((head[3] === 1 ? 4 : head[3] === 4 ? 16 : (await answers(1))[0]!) + 2); // skip the bound address
    return socket.setTimeout(0).off("timeout", silent); // a watch may be silent for longer
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Returns a function that reads exactly count bytes and leaves the rest in the socket. */
function reader(socket: Socket): (count: number) => Promise<Buffer> {
  return (count) => new Promise((resolve, reject) => {
    const look = () => {
      const data = socket.read(count) as Buffer | null;
      if (!data) return;
      settle();
      if (data.length < count) return reject(new Error("proxy: the connection ended"));
      resolve(data);
    };
    const failed = (error?: Error) => {
      settle();
      reject(error ?? new Error("proxy: the connection ended"));
    };
    const settle = () => socket.off("readable", look).off("error", failed).off("close", failed).off("end", failed);
    socket.on("readable", look).on("error", failed).on("close", failed).on("end", failed);
    look();
  });
}
