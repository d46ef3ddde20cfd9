import assert from "node:assert/strict";
import { test } from "node:test";
import type { Untyped } from "@gatehouse/client";
import { Store } from "#dist/store.js";
import { failure } from "./environment.js";
import { answer, peer, refuse, thing } from "./peer.js";

test("a handler that throws is reported, and the informer goes on", async (t) => {
  const { things } = await peer(t, (request, response) => {
    if (request.url!.includes("watch=true")) return void response.flushHeaders();
    answer(response, { metadata: { resourceVersion: "5" }, items: [thing("a", "1"), thing("b", "2"), thing("c", "3")] });
  });
  const errors: string[] = [];
  const called: string[] = [];
  const informer = things.informer({
    onAdd: async (object, initial) => {
      called.push(`begin ${object.metadata!.name} ${initial}`);
      await Promise.resolve();
      if (object.metadata!.name === "a") throw new Error("cannot do this");
      called.push(`end ${object.metadata!.name}`);
      if (object.metadata!.name === "b") throw "neither this";
    },
    onError: (error) => errors.push(String(error)),
  });
  const ended = informer.run();
  await informer.waitSynced();
  assert.deepEqual(errors, ["Error: cannot do this", "neither this"]);
  assert.deepEqual(called, ["begin a true", "begin b true", "end b", "begin c true", "end c"]); // one at a time, synced after all
  assert.equal(informer.size, 3);
  assert.match(`${await failure(informer.run())}`, /runs already/);
  informer.stop();
  await ended;
});

test("whoever waits for an informer learns that it failed or was stopped", async (t) => {
  const { things } = await peer(t, (_, response) => refuse(response, 403, "Forbidden"));
  const informer = things.informer();
  const ended = failure(informer.run());
  assert.match(`${await failure(informer.waitSynced())}`, /Forbidden/);
  assert.match(`${await ended}`, /Forbidden/);
  const stopped = things.informer({ signal: AbortSignal.abort() });
  await stopped.run();
  assert.match(`${await failure(stopped.waitSynced())}`, /was stopped/);
});

test("a store finds objects by name and by index", () => {
  class Open extends Store<Untyped> {
    override put(object: Untyped): Untyped | undefined { return super.put(object); }
    override remove(object: Untyped): Untyped | undefined { return super.remove(object); }
  }
  const object = (namespace: string, name: string, colour: string): Untyped => ({ metadata: { namespace, name }, colour });
  const store = new Open();
  store.put(object("b", "x", "red"));
  store.addIndex("first", (o) => [o["colour"][0]]); // what is there already is found too
  store.put(object("a", "z", "rose"));
  store.put(object("a", "y", "blue"));
  assert.equal(store.put(object("a", "y", "black"))?.["colour"], "blue");
  const colours = (list: Untyped[]) => list.map((o) => o["colour"]);
  assert.deepEqual(colours(store.list()), ["black", "rose", "red"]);
  assert.deepEqual(colours(store.byIndex("first", "r")), ["rose", "red"]);
  assert.deepEqual(colours(store.byIndex("first", "b")), ["black"]);
  assert.deepEqual(store.byIndex("first", "x"), []);
  assert.throws(() => store.byIndex("last", "x"), /no index "last"/);
  assert.equal(store.remove(object("a", "z", ""))?.["colour"], "rose");
  assert.equal(store.remove(object("a", "z", "")), undefined);
  assert.equal(store.get("a", "z"), undefined);
  assert.deepEqual([store.size, store.byIndex("first", "r").length, store.get("a", "y")?.["colour"]], [2, 1, "black"]);
});
