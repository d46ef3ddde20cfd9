import { Writable } from "node:stream";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { Output } from "./channel.js";
import { ApiError } from "./errors.js";
import type { MetaV1 } from "./models.js";
import { check, optionsOf } from "./options.js";
import type { CallOptions } from "./options.js";
import type { Scope } from "./scope.js";
import type { Channels } from "./websocket.js";

/** The channel numbers of exec and attach. */
const [stdinChannel, stdoutChannel, stderrChannel, errorChannel, resizeChannel, closeChannel] = [0, 1, 2, 3, 4, 255];

const v5 = "v5.channel.k8s.io"; // with a message that closes a channel
const v4 = "v4.channel.k8s.io";

/** The streams of a command to connect. */
export interface ExecOptions extends CallOptions {
  /** Optional for pods with one container. */
  container?: string;
  /** Connect standard input. Default: false. */
  stdin?: boolean;
  /** Connect standard output. Default: true. */
  stdout?: boolean;
  /** Connect standard error. Default: true; ignored with tty. */
  stderr?: boolean;
  /** Allocate a terminal. */
  tty?: boolean;
}

const names = { ...optionsOf.call, container: true, stdin: true, stdout: true, stderr: true, tty: true } as const satisfies Record<keyof ExecOptions, true>;

/** A running command. As with child processes, an output stream that is not consumed blocks the others once its buffer is full. */
export interface Session {
  /** Standard input. End it to close the command's input, which needs v5.channel.k8s.io. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The exit code. Rejects with ApiError if the command could not run, and if the connection ends early. */
  readonly exit: Promise<number>;
  /** Resizes the terminal. */
  resize(columns: number, rows: number): void;
  /** Collects all output until the command exits. */
  output(): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Closes the connection. */
  close(): void;
}

/** Opens an exec session, or an attach session without a command. */
export async function exec(scope: Scope, name: string, command: string[] | undefined, options: ExecOptions): Promise<Session> {
  check(command ? "exec" : "attach", options, names);
  if (command && !Array.isArray(command)) throw new TypeError("exec: a command is a list of words");
  const { container, stdin = false, stdout = true, stderr = true, tty = false, signal } = options;
  const query = new URLSearchParams({ stdin: `${stdin}`, stdout: `${stdout}`, stderr: `${stderr && !tty}`, tty: `${tty}` });
  if (container) query.set("container", container);
  for (const word of command ?? []) query.append("command", word);
  const channels = await scope.link.sockets.connect(scope.path(name, command ? "exec" : "attach"), query, [v5, v4], signal);
  return new Connected(channels, stdin, signal);
}

class Connected implements Session {
  readonly stdin: Writable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly exit: Promise<number>;
  readonly #channels: Channels;

  constructor(channels: Channels, stdin: boolean, signal: AbortSignal | undefined) {
    this.#channels = channels;
    this.stdin = stdin ? inputOf(channels) : new Writable({ write: (_, __, done) => done(new TypeError("the input is not connected: exec and attach connect it with stdin: true")) });
    if (stdin) this.stdin.on("error", () => {}); // writes after the exit fail; exit has the result
    this.stdout = new Output(channels);
    this.stderr = new Output(channels);
    this.exit = new Promise((resolve, reject) => {
      channels.receive((channel, data) => {
        if (channel === stdoutChannel) this.stdout.add(data);
        else if (channel === stderrChannel) this.stderr.add(data);
        else if (channel === errorChannel) {
          try {
            resolve(exitOf(data.toString("utf8")));
          } catch (error) {
            reject(error);
          }
          this.#finish();
          channels.close();
        }
      }, (error) => {
        reject(signal?.aborted ? signal.reason : error ?? new Error("the connection ended before the command did"));
        this.#finish();
      });
    });
    this.exit.catch(() => {}); // unobserved failures must not crash the process
  }

  resize(columns: number, rows: number): void {
    this.#channels.send(resizeChannel!, Buffer.from(JSON.stringify({ Width: columns, Height: rows })));
  }

  async output(): Promise<{ code: number; stdout: string; stderr: string }> {
    const [code, stdout, stderr] = await Promise.all([this.exit, buffer(this.stdout), buffer(this.stderr)]);
    return { code, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8") };
  }

  close(): void {
    this.#channels.close();
  }

  #finish(): void {
    this.stdout.finish();
    this.stderr.finish();
    this.stdin.destroy();
  }
}

function inputOf(channels: Channels): Writable {
  return new Writable({
    write: (chunk: Buffer, _, done) => channels.send(stdinChannel!, chunk, done),
    final: (done) => {
      if (channels.protocol === v5) channels.send(closeChannel!, Buffer.from([stdinChannel!]), done);
      else done();
    },
  });
}

/** The exit code of the final Status; throws ApiError for other failures. */
export function exitOf(text: string): number {
  let status: MetaV1.Status;
  try {
    status = JSON.parse(text);
  } catch (error) {
    throw new Error(`end of a command: ${text}: ${(error as Error).message}`, { cause: error });
  }
  if (status.status === "Success") return 0;
  if (status.reason === "NonZeroExitCode") {
    const code = status.details?.causes?.find((cause) => cause.reason === "ExitCode")?.message ?? "";
    if (/^-?\d+$/.test(code)) return Number(code);
  }
  throw new ApiError(status);
}
