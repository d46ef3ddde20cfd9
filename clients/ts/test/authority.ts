import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { createServer as createHttps } from "node:https";
import type { RequestListener } from "node:http";
import { createSecureServer } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { TLSSocket } from "node:tls";
import { answer, listen } from "./peer.js";

/** A folder that goes with the test. */
export function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "gatehouse-ts-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export function write(dir: string, name: string, content: string, mode = 0o600): string {
  const path = join(dir, name);
  writeFileSync(path, content, { mode });
  return path;
}

const sec1 = { type: "sec1", format: "pem" } as const;

/** Signs the certificates of a test. */
export class Authority {
  readonly ca: string;
  readonly #dir: string;

  constructor(t: TestContext) {
    this.#dir = folder(t);
    write(this.#dir, "ca.key", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export(sec1) as string);
    this.#openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=authority", "-days", "1", "-out", "ca.crt");
    this.ca = readFileSync(join(this.#dir, "ca.crt"), "utf8");
  }

  /** Makes the certificate of a key: of a user, or of a server at some addresses. */
  sign(name: string, key: KeyObject, addresses = ""): string {
    write(this.#dir, "key", key.export({ type: "pkcs8", format: "pem" }) as string);
    write(this.#dir, "extensions", addresses ? `subjectAltName=${addresses}` : "extendedKeyUsage=clientAuth");
    this.#openssl("req", "-new", "-key", "key", "-subj", `/CN=${name}`, "-out", "csr");
    this.#openssl("x509", "-req", "-in", "csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1", "-extfile", "extensions", "-out", "crt");
    return readFileSync(join(this.#dir, "crt"), "utf8");
  }

  /** Makes a user's certificate and P-256 key. */
  user(name: string): { cert: string; key: string } {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    return { cert: this.sign(name, privateKey), key: privateKey.export(sec1) as string };
  }

  /** Starts a server that asks for certificates of this authority. Returns its address. */
  async serve(t: TestContext, handler: RequestListener, { http2 = false, addresses = "IP:127.0.0.1,DNS:example.com" } = {}): Promise<string> {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const tls = { ca: this.ca, cert: this.sign("server", privateKey, addresses), key: privateKey.export(sec1) as string, requestCert: true, rejectUnauthorized: false };
    if (!http2) return `https://127.0.0.1:${await listen(t, createHttps(tls, handler))}`;
    return `https://127.0.0.1:${await listen(t, createSecureServer({ ...tls, allowHTTP1: true }, handler as never))}`;
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: this.#dir, stdio: ["ignore", "ignore", "pipe"] });
  }
}

/** Answers with who asks, and how. */
export const whoAmI: RequestListener = (request, response) => {
  const socket = ((request as unknown as { stream?: { session: { socket: TLSSocket } } }).stream?.session.socket ?? request.socket) as TLSSocket;
  const { headers } = request;
  answer(response, {
    kind: "Thing",
    data: {
      name: socket.getPeerCertificate?.()?.subject?.CN ?? "", authorization: headers["authorization"], agent: headers["user-agent"], protocol: request.httpVersion,
      impersonate: headers["impersonate-user"], groups: request.rawHeaders.filter((_, i, all) => all[i - 1]?.toLowerCase() === "impersonate-group").join() || undefined, extra: headers["impersonate-extra-example.com%2fx"],
    },
  });
};
