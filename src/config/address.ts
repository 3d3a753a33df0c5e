import { isIPv4, isIPv6 } from "node:net";
import type { Variables } from "../lang/environment.ts";
import { expandAddress } from "./address-variables.ts";
import type { Address } from "./model.ts";

/**
 * An address as HAProxy writes it (manual section 11): an optional family prefix, a host, a port part. What it means
 * depends on the place: `bind` takes ranges and lists, `server` takes offsets and names, `log` takes `udp@`.
 */
export interface ParsedAddress {
  /** Family forced by a prefix such as `ipv4@`; null = none written. */
  readonly prefix: Prefix | null;
  readonly host:
    | { readonly kind: "any"; readonly family: 0 | 4 | 6 }
    | { readonly kind: "ip"; readonly family: 4 | 6; readonly ip: string }
    | { readonly kind: "name"; readonly name: string; readonly family: 0 | 4 | 6 }
    | { readonly kind: "unix"; readonly path: string }
    | { readonly kind: "abns"; readonly name: string }
    | { readonly kind: "fd"; readonly fd: number };
  readonly port:
    | { readonly kind: "none" }
    | { readonly kind: "fixed"; readonly value: number }
    | { readonly kind: "range"; readonly low: number; readonly high: number }
    | { readonly kind: "offset"; readonly value: number };
  /** Datagram socket asked for by `udp@`, `udp4@`, `udp6@` or `dgram+`. */
  readonly datagram: boolean;
}

type Prefix = (typeof PREFIXES)[number];

const PREFIXES = [
  "ipv4",
  "ipv6",
  "unix",
  "abns",
  "fd",
  "sockpair",
  "udp",
  "udp4",
  "udp6",
  "tcp",
  "tcp4",
  "tcp6",
  "uxst",
  "uxdg",
  "quic4",
  "quic6",
] as const;

export type AddressResult =
  | { readonly ok: true; readonly value: ParsedAddress }
  | { readonly ok: false; readonly message: string; readonly unsupported?: true };

function fail(message: string): AddressResult {
  return { ok: false, message };
}

/** Parses one address, without any comma, after its `variables` are put in. A host name is not resolved here. */
export function parseAddress(text: string, variables: Variables = {}): AddressResult {
  let rest = expandAddress(text, variables);
  if (rest === "" && text !== "") return fail(`'${text}' is empty: the variable is not set`);
  let datagram = false;
  if (rest.startsWith("stream+")) rest = rest.slice(7);
  else if (rest.startsWith("dgram+")) {
    datagram = true;
    rest = rest.slice(6);
  }
  const prefix = PREFIXES.find((p) => rest.startsWith(`${p}@`)) ?? null;
  if (prefix !== null) rest = rest.slice(prefix.length + 1);
  if (prefix === "quic4" || prefix === "quic6" || prefix === "sockpair") {
    return { ok: false, message: `'${prefix}@' addresses are known to HAProxy, not supported yet`, unsupported: true };
  }
  if (prefix === "udp" || prefix === "udp4" || prefix === "udp6" || prefix === "uxdg") datagram = true;

  const none = { kind: "none" } as const;
  if (prefix === "unix" || prefix === "uxst" || prefix === "uxdg" || (prefix === null && rest.startsWith("/"))) {
    if (rest === "") return fail("the path of the socket is missing");
    if (rest.length > 107) return fail(`the socket path '${rest}' is longer than 107 bytes`);
    return { ok: true, value: { prefix, host: { kind: "unix", path: rest }, port: none, datagram } };
  }
  if (prefix === "abns") {
    if (rest === "") return fail("the name of the abstract socket is missing");
    if (rest.length > 107) return fail(`the abstract socket name '${rest}' is longer than 107 bytes`);
    return { ok: true, value: { prefix, host: { kind: "abns", name: rest }, port: none, datagram } };
  }
  if (prefix === "fd") {
    if (!/^\d{1,9}$/.test(rest)) return fail(`'${rest}' is not a file descriptor number`);
    return { ok: true, value: { prefix, host: { kind: "fd", fd: Number(rest) }, port: none, datagram } };
  }

  const family = prefix === null ? 0 : prefix.endsWith("4") ? 4 : prefix.endsWith("6") ? 6 : 0;
  const { host, port } = splitPort(rest);
  const parsedPort = parsePort(port);
  if (typeof parsedPort === "string") return fail(parsedPort);
  const parsedHost = parseHost(host, family);
  if (typeof parsedHost === "string") return fail(parsedHost);
  return { ok: true, value: { prefix, host: parsedHost, port: parsedPort, datagram } };
}

/** The last colon ends the host, so `::1:80` is port 80 of ::1, and a literal without port needs brackets or a final colon. */
function splitPort(text: string): { host: string; port: string } {
  const bracket = text.lastIndexOf("]");
  const colon = text.lastIndexOf(":");
  if (colon < 0 || colon < bracket) return { host: text, port: "" };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

function parsePort(text: string): ParsedAddress["port"] | string {
  if (text === "") return { kind: "none" };
  const range = /^(\d+)-(\d+)$/.exec(text);
  if (range !== null) {
    const low = Number(range[1]);
    const high = Number(range[2]);
    if (low < 1 || low > 65535) return `'${range[1]}' is not a port: 1 to 65535`;
    if (high < 1 || high > 65535) return `'${range[2]}' is not a port: 1 to 65535`;
    if (low > high) return `the port range '${text}' ends before it starts`;
    return { kind: "range", low, high };
  }
  if (/^[+-]\d+$/.test(text)) {
    const value = Number(text);
    if (Math.abs(value) > 65535) return `'${text}' is not a port offset: -65535 to +65535`;
    return { kind: "offset", value };
  }
  if (!/^\d+$/.test(text)) return `'${text}' is not a port number`;
  const value = Number(text);
  if (value > 65535) return `'${text}' is not a port: 1 to 65535`;
  return { kind: "fixed", value };
}

function parseHost(text: string, family: 0 | 4 | 6): ParsedAddress["host"] | string {
  if (text === "" || text === "*") return { kind: "any", family };
  const bracketed = text.startsWith("[") && text.endsWith("]");
  const bare = bracketed ? text.slice(1, -1) : text;
  if (isIPv6(bare) && !bare.includes("%")) {
    if (family === 4) return `'${text}' is not an IPv4 address`;
    return { kind: "ip", family: 6, ip: bare.toLowerCase() };
  }
  if (bracketed) return `'${text}' is not an IPv6 address`;
  if (isIPv4(text)) {
    if (family === 6) return `'${text}' is not an IPv6 address`;
    return { kind: "ip", family: 4, ip: text };
  }
  if (!/^[A-Za-z0-9_.-]+$/.test(text)) return `'${text}' is neither an address nor a host name`;
  return { kind: "name", name: text, family };
}

/** `*`, `ipv4@` and an empty host as the address they mean. HAProxy's bare `*` is IPv4. */
export function wildcard(family: 0 | 4 | 6, port: number): Address {
  return family === 6 ? { kind: "ip", family: 6, ip: "::", port } : { kind: "ip", family: 4, ip: "0.0.0.0", port };
}

/** One line for messages and duplicate detection. */
export function formatAddress(address: Address): string {
  switch (address.kind) {
    case "ip":
      return address.family === 6 ? `[${address.ip}]:${address.port}` : `${address.ip}:${address.port}`;
    case "unix":
      return `unix@${address.path}`;
    case "abns":
      return `abns@${address.name}`;
    case "fd":
      return `fd@${address.fd}`;
  }
}
