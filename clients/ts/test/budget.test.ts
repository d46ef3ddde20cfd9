import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { variable } from "./environment.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the package is small and depends on little", () => {
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, encoding: "utf8" }));
  const names: string[] = packed.files.map((file: { path: string }) => file.path);
  assert.ok(packed.size <= 80_000 && packed.unpackedSize <= 400_000, `${packed.size} bytes packed, ${packed.unpackedSize} unpacked`);
  for (const name of ["dist/index.js", "dist/index.d.ts", "dist/models.d.ts", "LICENSE", "NOTICE", "README.md"]) assert.ok(names.includes(name), name);
  assert.deepEqual(names.filter((name) => !name.startsWith("dist/")).sort(), ["LICENSE", "NOTICE", "README.md", "package.json"]);
  const lock = JSON.parse(readFileSync(`${root}/package-lock.json`, "utf8")).packages as { [path: string]: { dev?: boolean } };
  assert.deepEqual(Object.keys(lock).filter((path) => path && !lock[path]!.dev).sort(), ["node_modules/ws", "node_modules/yaml"]);
});

test("its types need none but Node's", () => {
  for (const name of readdirSync(`${root}/dist`).filter((each) => each.endsWith(".d.ts"))) {
    for (const [, from] of readFileSync(`${root}/dist/${name}`, "utf8").matchAll(/(?:from|import\() ?"([^"]+)"/g)) assert.match(from!, /^(\.\/|node:|yaml$)/, name); // yaml has its own
  }
});

test("a first list loads and keeps little", () => {
  const program = `
    await import("node:http"); // which brings http2 along in some versions
    const before = new Set(process.moduleLoadList);
    const { Client } = await import("@gatehouse/client");
    const { items } = await Client.fromKubeconfig().coreV1.namespaces.page();
    const loaded = process.moduleLoadList.filter((name) => /^NativeModule (http2|child_process)$/.test(name) && !before.has(name));
    console.log(JSON.stringify({ items: items.length, loaded, memory: process.memoryUsage.rss() }));`;
  const out = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: root, encoding: "utf8", env: { ...process.env, KUBECONFIG: variable("GATEHOUSE_KUBECONFIG") } });
  const { items, loaded, memory } = JSON.parse(out);
  assert.ok(items >= 4);
  assert.deepEqual(loaded, []);
  assert.ok(memory <= 80e6, `${memory} bytes are resident`);
});
