/** Addresses as the statistics and `show servers state` print them. */
import type { Address, ServerModel } from "../../config/model.ts";
import { Admin, Oper, S, type Shared } from "../../counters/shared.ts";

/** "10.0.0.1:80", "[::1]:80", "unix", or "" when there is none. */
export function addressAndPort(address: Address | null): string {
  if (address === null) return "";
  switch (address.kind) {
    case "ip":
      return address.family === 6 ? `[${address.ip}]:${address.port}` : `${address.ip}:${address.port}`;
    case "unix":
    case "abns":
      return "unix";
    case "fd":
      return "";
  }
}

/** Only the host part; "-" when there is none. */
export function addressOnly(address: Address | null): string {
  if (address === null) return "-";
  switch (address.kind) {
    case "ip":
      return address.ip;
    case "unix":
      return address.path;
    case "abns":
      return address.name;
    case "fd":
      return "-";
  }
}

/** Where a server is now: the address set at run time or found by resolution, else the configured one. */
export function serverAddress(shared: Shared, slot: number, server: ServerModel): Address | null {
  const family = shared.getState(slot, S.addrFamily);
  if (family === 0) return server.address;
  const port = shared.getState(slot, S.addrPort);
  const words = [S.addr0, S.addr1, S.addr2, S.addr3].map((cell) => shared.getState(slot, cell) >>> 0);
  const first = words[0]!;
  if (family === 4) return { kind: "ip", family: 4, ip: dotted(first), port };
  return { kind: "ip", family: 6, ip: compress(words), port };
}

/** Writes an address into the state cells of a server. */
export function storeAddress(shared: Shared, slot: number, address: Address & { kind: "ip" }): void {
  const words = addressWords(address);
  shared.setState(slot, S.addr0, words[0]!);
  shared.setState(slot, S.addr1, words[1]!);
  shared.setState(slot, S.addr2, words[2]!);
  shared.setState(slot, S.addr3, words[3]!);
  shared.setState(slot, S.addrPort, address.port);
  shared.setState(slot, S.addrFamily, address.family);
  endResolutionMaint(shared, slot);
}

/** A server whose name did not resolve has an address now. */
export function endResolutionMaint(shared: Shared, slot: number): void {
  const admin = shared.getState(slot, S.admin);
  if ((admin & Admin.resolutionMaint) === 0) return;
  shared.setState(slot, S.admin, admin & ~Admin.resolutionMaint);
  if ((admin & Admin.maint) === Admin.resolutionMaint) shared.setState(slot, S.oper, Oper.running);
}

/** The text of an address that is written in digits, in its shortest form, or null. */
export function parseIp(text: string): { readonly family: 4 | 6; readonly ip: string } | null {
  const v4 = parseV4(text);
  if (v4 !== null) return { family: 4, ip: dotted(v4) };
  const v6 = parseV6(text);
  return v6 === null ? null : { family: 6, ip: compress(v6) };
}

function addressWords(address: Address & { kind: "ip" }): readonly number[] {
  if (address.family === 4) return [parseV4(address.ip) ?? 0, 0, 0, 0];
  return parseV6(address.ip) ?? [0, 0, 0, 0];
}

function dotted(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

function parseV4(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  let word = 0;
  for (let i = 1; i <= 4; i++) {
    const byte = Number(match[i]);
    if (byte > 255) return null;
    word = (word << 8) | byte;
  }
  return word >>> 0;
}

/** Four 32-bit words, or null. */
function parseV6(text: string): readonly number[] | null {
  let rest = text;
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (tail !== null) {
    const v4 = parseV4(tail[2]!);
    if (v4 === null) return null;
    rest = `${tail[1]}${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`;
  }
  const halves = rest.split("::");
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const given = groups.reduce((n, half) => n + half.length, 0);
  if (halves.length === 2 ? given > 7 : given !== 8) return null;
  const all = halves.length === 2 ? [...groups[0]!, ...Array<string>(8 - given).fill("0"), ...groups[1]!] : groups[0]!;
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null;
  const numbers = all.map((group) => Number.parseInt(group, 16));
  return [0, 2, 4, 6].map((i) => ((numbers[i]! << 16) | numbers[i + 1]!) >>> 0);
}

/** RFC 5952: lower case, the longest run of two or more zero groups as "::". */
function compress(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let best = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > length) {
      best = i;
      length = n;
    }
  }
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(":");
  return best < 0 ? hex(0, 8) : `${hex(0, best)}::${hex(best + length, 8)}`;
}
