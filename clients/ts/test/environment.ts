import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Client, loadKubeconfig } from "@gatehouse/client";
import type { Config } from "@gatehouse/client";

/** A variable that the program test/clients sets. */
export function variable(name: "GATEHOUSE_KUBECONFIG" | "GATEHOUSE_CONTROL" | "GATEHOUSE_GOLDEN"): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run make test-clients CLIENTS=ts in the folder of the project`);
  return value;
}

/** The administrator's configuration. */
export function config(): Config {
  return loadKubeconfig(variable("GATEHOUSE_KUBECONFIG"));
}

/** The administrator's client. */
export function admin(settings: Partial<Config> = {}): Client {
  return new Client({ ...config(), ...settings });
}

/** A name that no other run of the tests at the same server has. */
export function unique(name: string): string {
  return `${name}-${randomBytes(4).toString("hex")}`;
}

/** Takes the server away and brings it back. */
export async function takeAway(how: "restart" | "expire", namespace: string): Promise<void> {
  const answer = await fetch(`${variable("GATEHOUSE_CONTROL")}/${how}?namespace=${namespace}`, { method: "POST" });
  assert.equal(answer.status, 200, await answer.text());
}

/** The error that an operation fails with. */
export async function failure(operation: Promise<unknown>): Promise<unknown> {
  try {
    await operation;
  } catch (error) {
    return error;
  }
  assert.fail("it does not fail");
}

/** A promise with its ends outside. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let ends!: { resolve: (value: T) => void; reject: (error: unknown) => void };
  const promise = new Promise<T>((resolve, reject) => { ends = { resolve, reject }; });
  return { promise, ...ends };
}
