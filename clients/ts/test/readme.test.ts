import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the README's code compiles", () => {
  const blocks = [...readFileSync(`${root}/README.md`, "utf8").matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);
  mkdirSync(`${root}/build/readme`, { recursive: true });
  writeFileSync(`${root}/build/readme/readme.ts`, `${blocks.join("\n")}\nconsole.log(code, stdout, shell, server);\n`);
  writeFileSync(`${root}/build/readme/tsconfig.json`, JSON.stringify({ extends: "../../tsconfig.json", compilerOptions: { noEmit: true, rootDir: "../.." }, include: ["readme.ts"], exclude: [] }));
  execFileSync("npx", ["tsc", "-p", "build/readme"], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
});
