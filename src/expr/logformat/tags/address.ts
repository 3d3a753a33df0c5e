import type { LogRecord } from "../../../log/record.ts";
import type { Flags, Formatter, Tag } from "../format.ts";
import { hexadecimal, missing, text } from "../text.ts";

/** "7F000001" for "127.0.0.1", 32 digits for IPv6; anything else ("unix") is left alone. */
function hexAddress(address: string): string {
  if (!address.includes(":")) {
    const parts = address.split(".");
    return parts.length === 4 ? parts.map((p) => hexadecimal(Number(p), 2)).join("") : address;
  }
  let groups = address.split("%", 1)[0]!;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(groups);
  if (dotted !== null) {
    const [, head, a, b, c, d] = dotted;
    groups = head + (Number(a) * 256 + Number(b)).toString(16) + ":" + (Number(c) * 256 + Number(d)).toString(16);
  }
  const [head = "", tail] = groups.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...middle, ...right].map((g) => g.toUpperCase().padStart(4, "0")).join("");
}

function address(flags: Flags, value: (r: LogRecord) => string | null): Formatter {
  if (!flags.hex) return text(flags, value);
  const none = missing(flags);
  return (r) => {
    const v = value(r);
    return v === null || v === "" ? none : hexAddress(v);
  };
}

/** A port is a number: never quoted, unless it is missing. */
function port(flags: Flags, known: (r: LogRecord) => boolean, value: (r: LogRecord) => number): Formatter {
  const none = missing(flags);
  if (flags.hex) return (r) => (known(r) ? hexadecimal(value(r), 4) : none);
  return (r) => (known(r) ? String(value(r)) : none);
}

const always = (): boolean => true;

export const addressTags = {
  ci: { help: "address of the client", compile: (f) => address(f, (r) => r.clientAddress) },
  cp: {
    help: "port of the client",
    compile: (f) =>
      port(
        f,
        (r) => r.clientAddress !== "",
        (r) => r.clientPort,
      ),
  },
  fi: { help: "address the client connected to", compile: (f) => address(f, (r) => r.frontendAddress) },
  fp: { help: "port the client connected to", compile: (f) => port(f, always, (r) => r.frontendPort) },
  bi: { help: "own address towards the server", compile: (f) => address(f, (r) => r.backendSourceAddress) },
  bp: {
    help: "own port towards the server",
    compile: (f) =>
      port(
        f,
        (r) => r.backendSourceAddress !== null,
        (r) => r.backendSourcePort,
      ),
  },
  si: { help: "address of the server", compile: (f) => address(f, (r) => r.serverAddress) },
  sp: {
    help: "port of the server",
    compile: (f) =>
      port(
        f,
        (r) => r.serverAddress !== null,
        (r) => r.serverPort,
      ),
  },
} satisfies Record<string, Tag>;
