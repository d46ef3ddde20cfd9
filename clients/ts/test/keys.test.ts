import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { Authority, whoAmI } from "./authority.js";
import { partsOf } from "./peer.js";

test("a client certificate works with every form of key that kubeconfigs have", async (t) => {
  const authority = new Authority(t);
  const server = await authority.serve(t, whoAmI);
  const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).privateKey;
  const [p256, p384, p521] = [ec("P-256"), ec("P-384"), ec("P-521")];
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const ed25519 = generateKeyPairSync("ed25519").privateKey;
  for (const [name, key, type] of [
    ["p256-sec1", p256, "sec1"], ["p256-pkcs8", p256, "pkcs8"], ["p384-sec1", p384, "sec1"], ["p384-pkcs8", p384, "pkcs8"], ["p521-sec1", p521, "sec1"],
    ["rsa-pkcs1", rsa, "pkcs1"], ["rsa-pkcs8", rsa, "pkcs8"], ["ed25519", ed25519, "pkcs8"],
  ] as const) {
    await t.test(name, async () => {
      const pem = key.export({ type: type as "pkcs8", format: "pem" }) as string;
      assert.match(pem, { sec1: /BEGIN EC PRIVATE KEY/, pkcs1: /BEGIN RSA PRIVATE KEY/, pkcs8: /BEGIN PRIVATE KEY/ }[type]);
      const { things } = partsOf({ server, tls: { ca: authority.ca, cert: authority.sign(name, key), key: pem } });
      assert.equal((await things.get("x"))["data"].name, name);
    });
  }
});
