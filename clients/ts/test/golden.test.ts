import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Client, rows } from "@gatehouse/client";
import type { Row, Untyped } from "@gatehouse/client";
import { variable } from "./environment.js";
import { bodyOf, listen } from "./peer.js";
import { createServer } from "node:http";

/** Writes as Go does, so that texts can be compared: what reads numbers as others than they are would not be found in parsed values. */
function normal(line: string): string {
  return line.replaceAll("\\u003c", "<").replaceAll("\\u003e", ">").replaceAll("\\u0026", "&");
}

/** Adds a field and a value that nobody knows to every object in a value. */
function strange(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strange);
  if (typeof value !== "object" || value === null) return value;
  return { ...Object.fromEntries(Object.entries(value).map(([name, each]) => [name, strange(each)])), newField: { deep: [1, null, "new"] } };
}

test("every object of the golden scripts is read and written as it is, with what nobody knows too", async (t) => {
  const rowOf = new Map<string, Row>();
  for (const group of Object.values(rows)) for (const row of Object.values<Row>(group)) rowOf.set(`${row.group ? `${row.group}/` : ""}${row.version} ${row.kind}`, row);
  let served = "";
  let written = "";
  const port = await listen(t, createServer(async (request, response) => {
    if (request.method === "PUT") written = await bodyOf(request);
    response.end(served);
  }));
  const client = new Client({ server: `http://127.0.0.1:${port}` });
  const kinds = new Set<string>();
  for (const line of readFileSync(variable("GATEHOUSE_GOLDEN"), "utf8").trimEnd().split("\n")) {
    const { kind, apiVersion } = JSON.parse(line) as Untyped;
    const row = rowOf.get(`${apiVersion} ${kind}`);
    if (!row) continue; // of a group that only the Go client has, or no resource
    kinds.add(`${apiVersion} ${kind}`);
    const things = client.resource(row).in("n");
    for (const text of [normal(line), JSON.stringify(strange(JSON.parse(line)))]) {
      served = text;
      const object = await things.get("x");
      object.metadata = { ...object.metadata, name: object.metadata?.name ?? "x" };
      await things.replace(object);
      const want = JSON.parse(text);
      want.metadata = { ...want.metadata, name: want.metadata?.name ?? "x" };
      assert.equal(written, JSON.stringify(want));
      assert.equal(JSON.stringify(JSON.parse(text)), text);
    }
  }
  const missing = [...rowOf.keys()].filter((each) => !kinds.has(each));
  assert.deepEqual(missing, []);
});
