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

/** The channels of exec and attach. */
const [stdinChannel, stdoutChannel, stderrChannel, errorChannel, resizeChannel, closeChannel] = [0, 1, 2, 3, 4, 255];

const v5 = "v5.channel.k8s.io"; // channels can be closed
const v4 = "v4.channel.k8s.io";

/** Which streams of a command are connected. */
export interface ExecOptions extends CallOptions {
  /** May be left out where there is one. */
  container?: string;
  /** Connects the input; not when absent. */
  stdin?: boolean;
  /** Connects the output; so when absent. */
  stdout?: boolean;
  /** Connects the error output; so when absent, but for terminals, which have none. */
  stderr?: boolean;
  /** Gives the command a terminal. */
  tty?: boolean;
}

const names = { ...optionsOf.call, container: true, stdin: true, stdout: true, stderr: true, tty: true } as const satisfies Record<keyof ExecOptions, true>;

/** A command that runs, or what is attached to. A stream that is full and not read holds up the others, as with child processes. */
export interface Session {
  /** Its input; end it, so that the command does not wait for more. Before v5.channel.k8s.io servers cannot be told the end. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The code that the command exits with. It is an error when it could not run (ApiError) or the connection ended before it did. */
  readonly exit: Promise<number>;
  /** Tells the size of the terminal. */
  resize(columns: number, rows: number): void;
  /** Reads everything until the command has ended. */
  output(): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Leaves. */
  close(): void;
}

/** Runs a command, or attaches when there is none. */
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
    if (stdin) this.stdin.on("error", () => {}); // a command that has ended takes no input; exit tells how it ended
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
    this.exit.catch(() => {}); // who does not look at the end does not want to know
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

/** Reads the Status with which a command ends. */
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
