import assert from "node:assert/strict";
import { request } from "node:https";
import { json } from "node:stream/consumers";
import { before, test } from "node:test";
import { ApiError, isMethodNotAllowed, isNotFound, rows } from "@gatehouse/client";
import type { Row, Subresource, Untyped } from "@gatehouse/client";
import { admin, config } from "./environment.js";

const allRows: Row[] = Object.values(rows).flatMap((group) => Object.values<Row>(group));

/** The operations that the server's documents show, as "method path", but for the deprecated watch ones; and their groups. */
const published = new Set<string>();

function read<T>(path: string): Promise<T> {
  const { server, tls } = config();
  return new Promise((resolve, reject) => {
    request(server + path, { ca: tls!.ca, cert: tls!.cert, key: tls!.key, agent: false }, (answer) => resolve(json(answer) as Promise<T>)).on("error", reject).end();
  });
}

before(async () => {
  const index = await read<{ paths: { [name: string]: { serverRelativeURL: string } } }>("/openapi/v3");
  const groups = new Set(allRows.map((row) => (row.group ? `apis/${row.group}/${row.version}` : `api/${row.version}`)));
  for (const [name, { serverRelativeURL }] of Object.entries(index.paths)) {
    if (!groups.has(name)) continue; // alpha and beta groups are in Go only
    const { paths } = await read<{ paths: { [path: string]: { [method: string]: { "x-kubernetes-group-version-kind"?: object } } } }>(serverRelativeURL);
    for (const [path, item] of Object.entries(paths)) {
      if (path.includes("/watch/")) continue;
      for (const [method, operation] of Object.entries(item)) if (operation["x-kubernetes-group-version-kind"]) published.add(`${method} ${path}`);
    }
  }
});

/** The operations that a row knows. */
function callable(row: Row): string[] {
  const base = row.group ? `/apis/${row.group}/${row.version}` : `/api/${row.version}`;
  const all = `${base}/${row.resource}`;
  const collection = row.namespaced ? `${base}/namespaces/{namespace}/${row.resource}` : all;
  const object = `${collection}/{name}`;
  const methods: Record<string, string[]> = {
    watch: [], list: [`get ${collection}`, ...(row.namespaced ? [`get ${all}`] : [])], create: [`post ${collection}`], deletecollection: [`delete ${collection}`],
    get: [`get ${object}`], update: [`put ${object}`], patch: [`patch ${object}`], delete: [`delete ${object}`],
  };
  const method: Record<string, string> = { get: "get", create: "post", update: "put", patch: "patch", delete: "delete" };
  const below = ({ name, verbs, connect }: Subresource) => [
    ...verbs.map((verb) => `${method[verb]} ${object}/${name}`),
    ...connect.flatMap((each) => [`${each} ${object}/${name}`, ...(name === "proxy" ? [`${each} ${object}/${name}/{path}`] : [])]),
  ];
  return [...row.verbs!.flatMap((verb) => methods[verb]!), ...row.subresources!.flatMap(below)];
}

test("what the documents show is what the rows know", () => {
  const known = new Set(allRows.flatMap(callable));
  assert.ok(known.size > 500, `${known.size}`);
  assert.deepEqual([...published].filter((each) => !known.has(each)).sort(), []);
  assert.deepEqual([...known].filter((each) => !published.has(each)).sort(), []);
});

/** Says whether an error is that of a server without such an operation, which names no object, or none of a server at all. */
function missing(error: unknown): boolean {
  return !(error instanceof ApiError) || isMethodNotAllowed(error) || (isNotFound(error) && !error.details?.name);
}

test("every operation of every row is there: a dry run for an object that is not", async () => {
  const client = admin();
  let called = 0;
  const wrong: string[] = [];
  for (const row of allRows) {
    const resource = client.resource<Untyped>(row).in("default");
    const name = "ts-nope";
    const object: Untyped = { metadata: { name, ...(row.namespaced ? { namespace: "default" } : {}) } };
    const verbs: Record<string, () => Promise<unknown>> = {
      get: () => resource.get(name),
      list: () => resource.page({ limit: 1 }),
      create: () => resource.create(object, { dryRun: true }),
      update: () => resource.replace(object, { dryRun: true }),
      patch: () => resource.patch(name, {}, { dryRun: true }),
      delete: () => resource.delete(name, { dryRun: true }),
      deletecollection: () => resource.deleteCollection({ labelSelector: "ts=nope", dryRun: true }),
      watch: async () => {
        for await (const { type } of resource.watch({ labelSelector: "ts=nope", timeoutSeconds: 0.02 })) throw new Error(`${type} of what is not there`);
      },
    };
    for (const verb of row.verbs!) {
      called++;
      await verbs[verb]!().catch((error) => missing(error) && wrong.push(`${verb} ${row.group} ${row.resource}: ${error}`));
    }
    for (const sub of row.subresources!) {
      const below = resource.sub(name, sub.name);
      const body: Untyped = { metadata: { name } };
      const subVerbs: Record<string, () => Promise<unknown>> = {
        get: () => (sub.text ? resource.logs(name) : below.get()),
        create: () => below.create(body, { dryRun: true }),
        update: () => below.replace(body, { dryRun: true }),
        patch: () => below.patch({}, { dryRun: true }),
      };
      for (const verb of sub.verbs) {
        called++;
        const error = await subVerbs[verb]!().then(() => "no error", (thrown) => thrown);
        if (missing(error)) wrong.push(`${verb} ${row.group} ${row.resource}/${sub.name}: ${error}`);
      }
    }
  }
  client.close();
  assert.deepEqual(wrong, []);
  assert.ok(called > 400, `${called}`);
});
