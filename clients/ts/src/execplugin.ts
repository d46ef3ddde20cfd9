import { isAbsolute, join, sep } from "node:path";
import type { Config, ExecPlugin } from "./config.js";
import type { Credentials, Identity } from "./credentials.js";

/** The ExecCredential printed by a plugin. */
interface Printed {
  kind?: string;
  apiVersion?: string;
  status?: { expirationTimestamp?: string; token?: string; clientCertificateData?: string; clientKeyData?: string };
}

/** Caches the output of an exec plugin until it expires or is refused. */
export class ExecCredentials implements Credentials {
  now = Date.now;
  readonly #plugin: ExecPlugin;
  readonly #own: Identity;
  readonly #info: string;
  #current: { identity: Identity; expires: number } | undefined;
  /** The run in progress, shared by concurrent requests. */
  #running: Promise<Identity> | undefined;

  constructor(config: Config, plugin: ExecPlugin, own: Identity) {
    this.#plugin = plugin;
    this.#own = own;
    this.#info = execInfo(config, plugin);
  }

  async identity(): Promise<Identity> {
    if (this.#current && this.now() < this.#current.expires) return this.#current.identity;
    this.#running ??= this.#refresh().finally(() => { this.#running = undefined; });
    return this.#running;
  }

  renew(): boolean {
    this.#current = undefined;
    return true;
  }

  async #refresh(): Promise<Identity> {
    const { command, apiVersion } = this.#plugin;
    const out = await run(this.#plugin, this.#info);
    let printed: Printed;
    try {
      printed = JSON.parse(out);
    } catch (error) {
      throw new Error(`credentials: ${command} printed no JSON: ${(error as Error).message}`, { cause: error });
    }
    if (printed?.kind !== "ExecCredential" || printed.apiVersion !== apiVersion) {
      throw new Error(`credentials: ${command} printed a ${printed?.kind} of ${printed?.apiVersion}, not an ExecCredential of ${apiVersion}`);
    }
    const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = printed.status ?? {};
    if (!token && !cert) throw new Error(`credentials: ${command} printed neither a token nor a certificate`);
    const identity: Identity = { ...this.#own };
    if (token) identity.authorization = `Bearer ${token}`;
    if (cert) Object.assign(identity, { cert, key });
    this.#current = { identity, expires: expirationTimestamp ? Date.parse(expirationTimestamp) : Infinity };
    return identity;
  }
}

/** The value of KUBERNETES_EXEC_INFO. */
function execInfo(config: Config, plugin: ExecPlugin): string {
  const { server, tls, proxyUrl } = config;
  const cluster = {
    server, "tls-server-name": tls?.serverName, "insecure-skip-tls-verify": tls?.insecure || undefined,
    "certificate-authority-data": tls?.ca && Buffer.from(tls.ca).toString("base64"), "proxy-url": proxyUrl, config: plugin.extension,
  };
  const interactive = Boolean(plugin.interactive && process.stdin.isTTY);
  return JSON.stringify({ kind: "ExecCredential", apiVersion: plugin.apiVersion, spec: { ...(plugin.provideClusterInfo ? { cluster } : {}), interactive } });
}

const mostOutput = 1 << 20;

/** Runs a plugin and returns its standard output. */
async function run(plugin: ExecPlugin, info: string): Promise<string> {
  const { spawn } = await import("node:child_process"); // loaded on first use
  let { command } = plugin;
  if (command.includes(sep) && !isAbsolute(command)) command = join(plugin.dir ?? "", command);
  return new Promise((resolve, reject) => {
    const child = spawn(command, plugin.args ?? [], {
      env: { ...process.env, ...plugin.env, KUBERNETES_EXEC_INFO: info }, stdio: [plugin.interactive ? "inherit" : "ignore", "pipe", "pipe"],
    });
    const printed = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]!.setEncoding("utf8").on("data", (text: string) => {
        printed[name] += text;
        if (printed[name].length > mostOutput) child.kill();
      });
    }
    child.once("error", (error: NodeJS.ErrnoException) => {
      const hint = error.code === "ENOENT" && plugin.installHint ? `\n${plugin.installHint}` : "";
      reject(new Error(`credentials: ${error.message}${hint}`, { cause: error }));
    });
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(printed.stdout);
      reject(new Error(`credentials: ${plugin.command} ended with ${code ?? signal}: ${printed.stderr.trim()}`));
    });
  });
}
