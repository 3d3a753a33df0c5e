/** A client of the runtime socket (manual of management, section 9.3): one command, the whole answer. */
import type { Address } from "../config/model.ts";
import { UsageError } from "./command.ts";

/** Where a runtime socket listens. */
export type RuntimeAddress = { readonly unix: string } | { readonly hostname: string; readonly port: number };

/** Longest time without any byte of an answer. A reload checks every worker first, so it gets a minute. */
const ANSWER_TIMEOUT_MS = 60_000;

/** Reads `/path`, `unix@path`, `abns@name` and `host:port`, as `stats socket` takes them. Throws UsageError. */
export function parseRuntimeAddress(text: string): RuntimeAddress {
  const abstract = /^abns@(.+)$/.exec(text);
  if (abstract !== null) return { unix: `\0${abstract[1]}` };
  const unix = /^unix@(.+)$/.exec(text);
  if (unix !== null) return { unix: unix[1]! };
  const inet = /^(?:ipv[46]@)?(?:\[([^\]]+)\]|([^/:]*)):(\d+)$/.exec(text);
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
  done: () => void;
  fail: (error: Error) => void;
}

/**
 * Sends one line and resolves with everything the other side says before it closes. Rejects with UsageError (exit code
 * 1) when nobody listens or the answer does not come.
 */
export async function runtimeCommand(address: RuntimeAddress, command: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const where = describeRuntimeAddress(address);
  const exchange: Exchange = { chunks: [], done: resolve, fail: reject };
  const handlers = {
    data(socket: Bun.Socket<Exchange>, chunk: Uint8Array): void {
      socket.data.chunks.push(chunk);
      socket.timeout(ANSWER_TIMEOUT_MS / 1000);
    },
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
      socket.data.fail(new UsageError(`runtime socket ${where}: ${error.message}`, 1));
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
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const why = code === "ENOENT" || code === "ECONNREFUSED" ? "nobody listens there; is tlb running?" : code;
    throw new UsageError(`cannot connect to the runtime socket ${where}: ${why}`, 1);
  }
  socket.timeout(ANSWER_TIMEOUT_MS / 1000);
  socket.write(new TextEncoder().encode(`${command}\n`));
  socket.flush();
  await promise;
  return Buffer.concat(exchange.chunks).toString("utf8");
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
