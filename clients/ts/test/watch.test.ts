import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { isExpired, isForbidden } from "@gatehouse/client";
import type { Untyped, WatchOptions } from "@gatehouse/client";
import { ApiError } from "@gatehouse/client";
import { readEvents } from "#dist/events.js";
import { reconnect } from "#dist/watch.js";
import { answer, breakOff, peer, refuse, thing } from "./peer.js";

/** What a server says to one request of a watch: a refusal, a list, or the events of one connection. */
type Step =
  | { code: number; reason: string }
  | { version: string; next?: string; items: string[] }
  | { events: string[]; breaks?: boolean };

/** Plays steps, one a request, and notes the requests. When none is left, nothing happens any more. */
function script(steps: Step[]): { asked: string[]; serve: RequestListener } {
  const left = [...steps];
  const asked: string[] = [];
  const serve: RequestListener = (request, response) => {
    const { searchParams: query } = new URL(request.url!, "http://x");
    const watching = query.get("watch") === "true";
    if (watching) assert.equal(query.get("allowWatchBookmarks"), "true");
    asked.push((watching ? `watch ${query.get("resourceVersion")}` : `list ${query.get("continue") ?? ""}`).trim());
    const step = left.shift();
    if (!step) return void response.flushHeaders();
    if ("code" in step) return refuse(response, step.code, step.reason);
    if ("version" in step) {
      const items = step.items.map((item) => item.split("@")).map(([name, version]) => thing(name!, version!));
      return answer(response, { kind: "ThingList", apiVersion: "example.com/v1", metadata: { resourceVersion: step.version, continue: step.next ?? "" }, items });
    }
    response.write(step.events.map((line) => `${line}\n`).join("") || " \n", () => {
      if (step.breaks) breakOff(response);
      else response.end();
    });
  };
  return { asked, serve };
}

function event(type: string, name: string, version: string): string {
  return JSON.stringify({ type, object: thing(name, version) });
}

const expired = JSON.stringify({ type: "ERROR", object: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message: "too old resource version", reason: "Expired", code: 410 } });

interface Case {
  name: string;
  options?: WatchOptions;
  steps: Step[];
  told: string[];
  asked: string[];
  fails?: (error: unknown) => boolean;
}

const cases: Case[] = [
  {
    name: "a list in two pages, then changes",
    steps: [
      { version: "5", next: "more", items: ["a@1"] }, { version: "5", items: ["b@2"] },
      { events: [event("MODIFIED", "a", "6"), event("DELETED", "b", "7"), event("ADDED", "c", "8")] },
    ],
    told: ["ADDED a@1", "ADDED b@2", "MODIFIED a@6", "DELETED b@7", "ADDED c@8"], asked: ["list", "list more", "watch 5", "watch 8"],
  },
  {
    name: "connections that end, break and are refused",
    steps: [
      { version: "5", items: [] }, { events: [event("ADDED", "a", "6")] }, { events: [event("BOOKMARK", "", "9")], breaks: true },
      { code: 503, reason: "ServiceUnavailable" }, { code: 429, reason: "TooManyRequests" }, { events: [event("ADDED", "b", "10"), '{"type":"ADDED","obj'], breaks: true },
    ],
    told: ["ADDED a@6", "ADDED b@10"], asked: ["list", "watch 5", "watch 6", "watch 9", "watch 9", "watch 9", "watch 10"],
  },
  {
    name: "forgotten: the difference is told",
    steps: [
      { version: "5", items: ["a@1", "b@2", "c@3", "d@4"] }, { events: [event("MODIFIED", "a", "6"), expired] },
      { version: "20", next: "more", items: ["a@6", "b@12"] }, { code: 410, reason: "Expired" }, { version: "21", items: ["a@6", "b@12", "d@4", "e@21"] },
      { events: [event("DELETED", "d", "22")] },
    ],
    told: ["ADDED a@1", "ADDED b@2", "ADDED c@3", "ADDED d@4", "MODIFIED a@6", "MODIFIED b@12", "ADDED e@21", "DELETED c@3", "DELETED d@22"],
    asked: ["list", "watch 5", "list", "list more", "list", "watch 21", "watch 22"],
  },
  {
    name: "forgotten with an answer", steps: [{ version: "5", items: ["a@1"] }, { code: 410, reason: "Gone" }, { version: "9", items: [] }],
    told: ["ADDED a@1", "DELETED a@1"], asked: ["list", "watch 5", "list", "watch 9"],
  },
  {
    name: "from a version", options: { resourceVersion: "3", bookmarks: true }, steps: [{ events: [event("BOOKMARK", "", "4")] }, { events: [expired] }],
    told: ["BOOKMARK @4"], asked: ["watch 3", "watch 4"], fails: isExpired,
  },
  { name: "may not list", steps: [{ code: 403, reason: "Forbidden" }], told: [], asked: ["list"], fails: isForbidden },
  { name: "a first request that fails", steps: [{ code: 500, reason: "InternalError" }], told: [], asked: ["list"], fails: (error) => (error as ApiError).code === 500 },
  {
    name: "a right that is taken away", steps: [{ version: "5", items: [] }, { events: [event("ADDED", "a", "6")] }, { code: 403, reason: "Forbidden" }],
    told: ["ADDED a@6"], asked: ["list", "watch 5", "watch 6"], fails: isForbidden,
  },
];

describe("a watch", () => {
  for (const { name, options, steps, told, asked, fails } of cases) {
    test(name, async (t) => {
      const server = script(steps);
      const { things } = await peer(t, server.serve);
      const ending = new AbortController();
      const got: string[] = [];
      let error: unknown;
      try {
        for await (const { type, object } of things.watch({ ...options, signal: ending.signal })) {
          got.push(`${type} ${object.metadata!.name}@${object.metadata!.resourceVersion}`);
          if (!fails && got.length === told.length) setTimeout(() => ending.abort(), 100); // what is told now is too much
        }
      } catch (caught) {
        error = caught;
      }
      assert.deepEqual(got, told);
      assert.deepEqual(server.asked, asked);
      assert.equal(error !== undefined, fails !== undefined, `${error}`);
      if (fails) assert.ok(fails(error), `${error}`);
    });
  }

  test("an object that was made again while nobody watched is told as both", async (t) => {
    let lists = 0;
    const { things } = await peer(t, (request, response) => {
      if (request.url!.includes("watch=true")) return refuse(response, 410, "Expired");
      const x = thing("x", String(++lists));
      x.metadata!.uid = `u${lists}`;
      answer(response, { metadata: { resourceVersion: "5" }, items: [x] });
    });
    const got: string[] = [];
    for await (const { type, object } of things.watch()) if (got.push(`${type} ${object.metadata!.uid} ${object.kind} ${object.metadata!.namespace}`) === 3) break;
    assert.deepEqual(got, ["ADDED u1 Thing n", "DELETED u1 Thing n", "ADDED u2 Thing n"]);
  });

  test("ends after its time, without an error", async (t) => {
    const server = script([{ version: "5", items: [] }]);
    const { things } = await peer(t, server.serve);
    for await (const event of things.watch({ timeoutSeconds: 0.05 })) assert.fail(`${event.type}`);
    assert.deepEqual(server.asked, ["list", "watch 5"]);
  });

  test("ends with its signal: before it begins, and while it waits", async (t) => {
    const server = script([{ version: "5", items: ["a@1"] }]);
    const { things } = await peer(t, server.serve);
    for await (const event of things.watch({ signal: AbortSignal.abort() })) assert.fail(`${event.type}`);
    assert.deepEqual(server.asked, []);
    const ending = new AbortController();
    for await (const _ of things.watch({ signal: ending.signal })) setTimeout(() => ending.abort(), 20);
    assert.deepEqual(server.asked, ["list", "watch 5"]);
  });

  test("leaves no connection behind when its loop ends", async (t) => {
    let closed: () => void;
    const gone = new Promise<void>((resolve) => { closed = resolve; });
    const { things } = await peer(t, (request, response) => {
      if (!request.url!.includes("watch=true")) return answer(response, { metadata: { resourceVersion: "5" }, items: [] });
      response.write(`${event("ADDED", "a", "6")}\n`);
      response.once("close", () => closed());
    });
    for await (const _ of things.watch()) break;
    await gone;
  });
});

describe("the events of a watch", () => {
  /** Reads what comes in pieces. */
  async function read(...pieces: (string | Buffer)[]): Promise<{ events: string[]; error: string }> {
    const events: string[] = [];
    try {
      for await (const batch of readEvents<Untyped>(Readable.from(pieces.map((piece) => Buffer.from(piece))))) {
        for (const { type, object } of batch) events.push(`${type} ${object.metadata?.name}`);
      }
    } catch (error) {
      return { events, error: (error as Error).message };
    }
    return { events, error: "" };
  }

  test("are read however they are written and cut", async () => {
    const long = event("ADDED", "x".repeat(200_000), "1");
    const turned = '{ "object": {"kind":"Thing","metadata":{"name":"ü"}}, "type": "MODIFIED" }';
    const text = Buffer.from(`${long}\n\n${turned}\r\n${event("DELETED", "last", "2")}\n`);
    const want = [`ADDED ${"x".repeat(200_000)}`, "MODIFIED ü", "DELETED last"];
    assert.deepEqual(await read(text), { events: want, error: "" });
    const cut: Buffer[] = [];
    for (let at = 0, size = 4099; at < text.length; at += size) {
      if (at > text.length - 5000) size = 1;
      cut.push(text.subarray(at, at + size));
    }
    assert.ok(cut.length > 500);
    const one = text.indexOf("ü");
    assert.deepEqual(await read(text.subarray(0, one + 1), text.subarray(one + 1)), { events: want, error: "" }); // in the middle of a letter
    assert.deepEqual(await read(...cut), { events: want, error: "" });
  });

  test("that are none are errors, and half an event is a connection that broke", async () => {
    for (const [line, want] of Object.entries({
      "nonsense\n": "event of a watch", '{"type":"ERROR","object":{"a":1}}\n': "the watch failed", '{"type":"ADDED","object":[]}\n': "event of a watch", '{"type":"ADDED"}\n': "event of a watch",
      "null\n": "event of a watch", '{"type":"ADDED","object":{}}': "the connection ended in it",
    })) {
      const { events, error } = await read(event("ADDED", "before", "1") + "\n", line);
      assert.ok(error.includes(want), `${line}: ${error}`);
      assert.deepEqual(events, ["ADDED before"]);
    }
    assert.deepEqual(await read(), { events: [], error: "" });
  });
});

test("the wait before a watch connects again grows to half a minute", () => {
  for (let n = 0; n < 20; n++) {
    const most = Math.min(500 * 2 ** n, 30_000);
    const wait = reconnect(n);
    assert.ok(wait >= most / 2 && wait <= most, `the ${n}th waits ${wait}`);
  }
});
