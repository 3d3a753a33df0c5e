/** A client of the runtime socket (manual of management, section 9.3): one command, the whole answer. */
import type { Address } from "../config/model.ts";
import { statSync } from "node:fs";
import { UsageError } from "./command.ts";
import { codeOf, messageOf } from "../util/error.ts";

/** Where a runtime socket listens. */
export type RuntimeAddress = { readonly unix: string } | { readonly hostname: string; readonly port: number };

/** Longest time without any byte of an answer. A reload checks every worker first, so it gets a minute. */
const ANSWER_TIMEOUT_MS = 60_000;
/** Longest path of a UNIX socket, in bytes. */
const MAX_UNIX_PATH = 107;

/** Reads `/path`, `unix@path`, `abns@name` and `host:port`, as `stats socket` takes them. Throws UsageError. */
export function parseRuntimeAddress(text: string): RuntimeAddress {
  const abstract = /^abns@(.+)$/.exec(text);
  if (abstract !== null) return { unix: `\0${abstract[1]}` };
  const unix = /^unix@(.+)$/.exec(text);
  if (unix !== null) return { unix: unix[1]! };
  const inet = /^(?:ipv[46]@)?(?:\[([^\]]+)\]|([^/:]*)):(\d+)$/.exec(text);
  if (inet !== null && Number(inet[3]) > 65535) throw new UsageError(`port ${inet[3]} is not between 1 and 65535`);
  if (inet !== null)
    return { hostname: inet[1] ?? (inet[2] === "" || inet[2] === "*" ? "127.0.0.1" : inet[2]!), port: Number(inet[3]) };
  if (text === "") throw new UsageError("the address of the runtime socket is empty");
  return { unix: text };
}

/** The address a `stats socket` line leads to; null when it cannot be connected to by name (an inherited descriptor). */
export function runtimeAddressOf(address: Address): RuntimeAddress | null {
  switch (address.kind) {
    case "unix":
      return { unix: address.path };
    case "abns":
      return { unix: `\0${address.name}` };
    case "ip": {
      const any = address.ip === "0.0.0.0" || address.ip === "::";
      return { hostname: any ? (address.family === 4 ? "127.0.0.1" : "::1") : address.ip, port: address.port };
    }
    case "fd":
      return null;
  }
}

function describeRuntimeAddress(address: RuntimeAddress): string {
  return "unix" in address ? address.unix.replace(/^\0/, "abns@") : `${address.hostname}:${address.port}`;
}

interface Exchange {
  readonly chunks: Uint8Array[];
  /** What is still to be sent. */
  unsent: Uint8Array;
  done: () => void;
  fail: (error: Error) => void;
}

/** As much as goes at once. */
function send(socket: Bun.Socket<Exchange>): void {
  const { data } = socket;
  while (data.unsent.length > 0) {
    const sent = socket.write(data.unsent, 0, data.unsent.length);
    if (sent <= 0) return;
    data.unsent = data.unsent.subarray(sent);
  }
  socket.flush();
}

/**
 * Sends one line, with its payload, and resolves with everything the other side says before it closes. Rejects with UsageError (exit code
 * 1) when nobody listens or the answer does not come.
 */
export async function runtimeCommand(address: RuntimeAddress, command: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const where = describeRuntimeAddress(address);
  const unsent = new TextEncoder().encode(`${command}\n`);
  const exchange: Exchange = { chunks: [], unsent, done: resolve, fail: reject };
  const handlers = {
    data(socket: Bun.Socket<Exchange>, chunk: Uint8Array): void {
      socket.data.chunks.push(chunk);
      socket.timeout(ANSWER_TIMEOUT_MS / 1000);
    },
    drain: send,
    end(socket: Bun.Socket<Exchange>): void {
      socket.end();
    },
    close(socket: Bun.Socket<Exchange>): void {
      socket.data.done();
    },
    timeout(socket: Bun.Socket<Exchange>): void {
      socket.data.fail(new UsageError(`no answer from the runtime socket ${where}`, 1));
      socket.terminate();
    },
    error(socket: Bun.Socket<Exchange>, error: Error): void {
      socket.data.fail(new UsageError(`runtime socket ${where}: ${messageOf(error)}`, 1));
    },
    connectError(): void {},
  };
  let socket: Bun.Socket<Exchange>;
  try {
    socket =
      "unix" in address
        ? await Bun.connect<Exchange>({ unix: address.unix, socket: handlers, data: exchange })
        : await Bun.connect<Exchange>({ ...address, socket: handlers, data: exchange });
  } catch (error) {
    throw new UsageError(`cannot connect to the runtime socket ${where}: ${whyNot(address, error)}`, 1);
  }
  socket.timeout(ANSWER_TIMEOUT_MS / 1000);
  send(socket);
  await promise;
  // Whatever the answer is, an empty line ends it: without one the other side is gone.
  if (exchange.chunks.length === 0 && command !== "quit") {
    throw new UsageError(
      `the runtime socket ${where} was closed without an answer; tlb has just ended, or somebody else listens there`,
      1,
    );
  }
  return Buffer.concat(exchange.chunks).toString("utf8");
}

/**
 * For `reload` and `upgrade`, whose answer is `ok` or `error` and a report: prints it, and resolves with the exit code.
 * Rejects with UsageError (exit code 1) for any other answer.
 */
export async function reportingCommand(address: RuntimeAddress, command: "reload" | "upgrade"): Promise<number> {
  const answer = await runtimeCommand(address, command);
  const outcome = /^(ok|error)\b/.exec(answer)?.[1];
  if (outcome === undefined) {
    throw new UsageError(
      `the runtime socket ${describeRuntimeAddress(address)} does not do that: ${firstLine(answer)}`,
      1,
    );
  }
  (outcome === "ok" ? process.stdout : process.stderr).write(`${answer.trimEnd()}\n`);
  return outcome === "ok" ? 0 : 1;
}

/** The first line of an answer, for a message: at most 80 characters, all printable. */
export function firstLine(answer: string): string {
  const line = answer.trimStart().split("\n", 1)[0]!.trimEnd();
  const shown = line.replace(/[^\x20-\x7e]/g, "?");
  return shown.length > 80 ? `${shown.slice(0, 80)}...` : shown;
}

/** Why nobody was reached, and what helps. */
function whyNot(address: RuntimeAddress, error: unknown): string {
  const code = codeOf(error);
  if ("unix" in address && !address.unix.startsWith("\0")) {
    if (Buffer.byteLength(address.unix) > MAX_UNIX_PATH) return `the path is longer than ${MAX_UNIX_PATH} bytes`;
    if (code !== "EACCES" && isNoSocket(address.unix)) return "it is not a socket";
  }
  switch (code) {
    case "ENOENT":
    case "ECONNREFUSED":
      return "nobody listens there; is tlb running?";
    case "EACCES":
    case "EPERM":
      return "permission denied; it belongs to another user, try as root or as that user";
    case "ENOTFOUND":
      return "there is no host of this name";
    default:
      return messageOf(error);
  }
}

function isNoSocket(path: string): boolean {
  try {
    return !statSync(path).isSocket();
  } catch {
    return false;
  }
}

/** Whether a connection to the address is accepted. */
export async function someoneListens(address: RuntimeAddress): Promise<boolean> {
  const socket = { data(): void {}, connectError(): void {} };
  try {
    const connection =
      "unix" in address ? await Bun.connect({ unix: address.unix, socket }) : await Bun.connect({ ...address, socket });
    connection.terminate();
    return true;
  } catch {
    return false;
  }
}
