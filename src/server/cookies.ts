/**
 * Persistence by cookie (manual, keyword `cookie`): which server a request asks for, and what becomes of the cookie in the request
 * and in the response. Works on heads and their edits alone; the stream keeps the state of one exchange in a `Persistence`.
 */
import type { Edits } from "../codec/h1/edits.ts";
import type { Head } from "../codec/h1/head.ts";
import { COOKIE, SET_COOKIE } from "../codec/h1/known.ts";
import { findKnown } from "../codec/h1/view.ts";
import type { CookieModel } from "../config/model.ts";
import { Admin, Oper } from "../counters/shared.ts";
import type { Server } from "../proxy/server.ts";
import { latin1 } from "../util/latin1.ts";
import { blank, CookieScanner, same } from "./cookie-scan.ts";

/** What the client's cookie said: place of the character in "NIDVEOU", the third of the termination state. */
export const ClientCookie = { none: 0, invalid: 1, down: 2, valid: 3, expired: 4, old: 5, unused: 6 } as const;
const CLIENT_FLAGS = "NIDVEOU";

/** What was done in the response: place in "NPDIRU", the fourth character. */
export const ServerCookie = { none: 0, passed: 1, deleted: 2, inserted: 3, rewritten: 4, updated: 5 } as const;
const SERVER_FLAGS = "NPDIRU";

/** Separates the server's name from the application's value in prefix mode. */
const TILDE = 126;
/** Separates the dates of `maxidle` and `maxlife` from the server's name. */
const BAR = 124;
/** Dates further in the future than this are wrong clocks, not fresh cookies. */
const FUTURE_SECONDS = 86400;

const scanner = new CookieScanner();

/** State of one exchange. */
export class Persistence {
  client: number = ClientCookie.none;
  server: number = ServerCookie.none;
  /** The response had a cookie of our name. */
  found = false;
  /** Seconds since the epoch, 0 = not in the cookie. */
  lastDate = 0;
  firstDate = 0;

  reset(): void {
    this.client = ClientCookie.none;
    this.server = ServerCookie.none;
    this.found = false;
    this.lastDate = this.firstDate = 0;
  }

  /** The last two characters of the termination state. */
  get flags(): string {
    return CLIENT_FLAGS[this.client]! + SERVER_FLAGS[this.server]!;
  }
}

/** `cookie` of a backend, compiled. */
export class CookieRules {
  readonly insert: boolean;
  readonly rewrite: boolean;
  readonly prefix: boolean;
  readonly indirect: boolean;
  readonly preserve: boolean;
  readonly nocache: boolean;
  readonly postOnly: boolean;
  /** Whether the log tells what happened; not in passive mode. */
  readonly logged: boolean;
  readonly name: Buffer;
  /** Seconds, 0 = no limit. */
  readonly maxIdle: number;
  readonly maxLife: number;
  /** `option persist`: a server that is down keeps its clients. */
  readonly persist: boolean;
  private readonly nameText: string;
  /** What follows the value of a cookie: domain and other attributes. */
  private readonly tail: string;
  /** Cookie of each server, by its index; null = none. */
  private readonly values: readonly (Buffer | null)[];
  /** Ready lines by server for cookies without dates. */
  private readonly lines: readonly Buffer[];
  private readonly removal: Buffer;

  constructor(model: CookieModel, servers: readonly { readonly cookie: string | null }[], persist: boolean) {
    this.insert = model.mode === "insert";
    this.rewrite = model.mode === "rewrite";
    this.prefix = model.mode === "prefix";
    this.indirect = model.indirect;
    this.preserve = model.preserve;
    this.nocache = model.nocache;
    this.postOnly = model.postonly;
    this.logged = model.mode !== "passive" || model.indirect;
    this.name = Buffer.from(model.name, "latin1");
    this.nameText = model.name;
    this.maxIdle = Math.floor(model.maxidle / 1000);
    this.maxLife = Math.floor(model.maxlife / 1000);
    this.persist = persist;
    this.tail =
      model.domains.map((domain) => `; domain=${domain}`).join("") +
      (model.httponly ? "; HttpOnly" : "") +
      (model.secure ? "; Secure" : "") +
      model.attrs.map((attr) => `; ${attr}`).join("");
    this.values = servers.map(({ cookie }) => (cookie === null ? null : Buffer.from(cookie, "latin1")));
    this.lines = servers.map(({ cookie }) => this.line(cookie ?? ""));
    this.removal = Buffer.from(
      `set-cookie: ${model.name}=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/${this.tail}\r\n`,
      "latin1",
    );
  }

  private line(value: string): Buffer {
    return Buffer.from(`set-cookie: ${this.nameText}=${value}; path=/${this.tail}\r\n`, "latin1");
  }

  valueOf(server: Server): Buffer | null {
    return this.values[server.index] ?? null;
  }

  /** The line that gives the client this server; dates as maxidle and maxlife ask for. `now` in seconds. */
  insertLine(server: Server, state: Persistence, now: number): Buffer {
    const value = this.valueOf(server);
    if (value === null) return this.removal;
    if (this.maxIdle === 0 && this.maxLife === 0) return this.lines[server.index]!;
    let text = `${latin1(value, 0, value.length)}|${encodeDate((now + 3) >>> 2)}`;
    if (this.maxLife > 0) text += `|${encodeDate(state.firstDate > 0 ? state.firstDate >>> 2 : (now + 3) >>> 2)}`;
    return this.line(text);
  }
}

/** Down servers get no traffic by cookie, unless `option persist` is set; draining ones do. */
function alive(server: Server): boolean {
  return (server.admin & Admin.maint) === 0 && server.oper !== Oper.stopped;
}

/**
 * Reads the cookies of a request: the server it is to go to, or null. Takes our cookie out of what the server gets (insert and
 * indirect), or our part of it (prefix). `now` in seconds.
 */
export function requestCookies(
  rules: CookieRules,
  head: Head,
  edits: Edits,
  servers: readonly Server[],
  state: Persistence,
  now: number,
): Server | null {
  let chosen: Server | null = null;
  for (let i = findKnown(head, COOKIE, 0); i >= 0; i = findKnown(head, COOKIE, i + 1)) {
    if (edits.isDeleted(i)) continue;
    chosen = scanLine(rules, head, edits, i, servers, state, now, chosen);
  }
  return chosen;
}

function scanLine(
  rules: CookieRules,
  head: Head,
  edits: Edits,
  at: number,
  servers: readonly Server[],
  state: Persistence,
  now: number,
  before: Server | null,
): Server | null {
  const { buf, index } = head;
  const from = index[4 * at + 2]!;
  const to = index[4 * at + 3]!;
  let chosen = before;
  /** Start of a block under removal, -1 = none. */
  let removing = -1;
  let keep = false;
  let text: string | null = null;
  /** Input up to here is in `text`. */
  let done = from;
  scanner.start(buf, from, to, false);
  while (scanner.next()) {
    if (scanner.isAttribute) continue;
    const ours = scanner.hasValue && scanner.nameIs(rules.name);
    if (!ours) {
      keep = true;
      // Blanks around "=" are left out.
      const spaced = scanner.hasValue && scanner.valueStart !== scanner.nameEnd + 1;
      if (removing >= 0) {
        text = (text ?? "") + withoutTail(buf, done, removing, from);
        done = resumeAt(buf, scanner.begin, to);
        if (removing > from) text += `${String.fromCharCode(buf[scanner.begin]!)} `;
        removing = -1;
      }
      if (spaced) {
        text = `${text ?? ""}${latin1(buf, done, scanner.nameEnd)}=`;
        done = scanner.valueStart;
      }
      continue;
    }
    const { begin, valueStart, valueEnd, end } = scanner;
    const delimiter = nameEnd(rules, buf, valueStart, valueEnd, state);
    const stop = checkDates(rules, state, now) ? delimiter : valueStart;
    if (chosen === null) chosen = choose(rules, buf, valueStart, stop, servers, state);
    if (rules.prefix && delimiter < valueEnd) {
      // What the application set stays, without the server's name.
      text = (text ?? "") + latin1(buf, done, valueStart);
      done = delimiter + 1;
      keep = true;
      removing = -1;
    } else if (removing < 0 && rules.insert && rules.indirect) {
      removing = begin;
    }
    scanner.end = end;
  }
  if (removing >= 0) {
    if (!keep) {
      edits.delete(at);
      return chosen;
    }
    text = (text ?? "") + (removing > done ? latin1(buf, done, removing) : "");
    done = to;
  }
  if (text !== null) {
    text += latin1(buf, done, to);
    edits.replace(at, Buffer.from(`cookie: ${text}\r\n`, "latin1"));
  }
  return chosen;
}

/** buf[done, end) without the blanks before its end. */
function withoutTail(buf: Buffer, done: number, end: number, from: number): string {
  let stop = end;
  while (stop > from && stop > done && blank(buf[stop - 1]!)) stop--;
  return stop <= done ? "" : latin1(buf, done, stop);
}

/** First byte of the pair behind the separator at `at`. */
function resumeAt(buf: Buffer, at: number, to: number): number {
  let p = at + 1;
  while (p < to && blank(buf[p]!)) p++;
  return p;
}

/** Where the server's name ends in a value: before "~" in prefix mode, else before "|" and the dates, which are read. */
function nameEnd(rules: CookieRules, buf: Buffer, from: number, to: number, state: Persistence): number {
  if (rules.prefix) {
    for (let p = from; p < to; p++) if (buf[p] === TILDE) return p;
    return to;
  }
  for (let p = from; p < to; p++) {
    if (buf[p] !== BAR) continue;
    if (to - p > 5) {
      const last = decodeDate(buf, p + 1);
      if (last > 0) state.lastDate = last * 4;
    }
    for (let q = p + 1; q < to; q++) {
      if (buf[q] !== BAR) continue;
      if (to - q > 5) {
        const first = decodeDate(buf, q + 1);
        if (first > 0) state.firstDate = first * 4;
      }
      break;
    }
    return p;
  }
  return to;
}

/** False: the cookie is too old for maxlife or maxidle (or its date lies in the future) and must be ignored. */
function checkDates(rules: CookieRules, state: Persistence, now: number): boolean {
  const { firstDate, lastDate } = state;
  if (firstDate > 0 && rules.maxLife > 0 && outside(firstDate, rules.maxLife, now)) state.client = ClientCookie.old;
  else if (lastDate > 0 && rules.maxIdle > 0 && outside(lastDate, rules.maxIdle, now))
    state.client = ClientCookie.expired;
  else return true;
  state.firstDate = state.lastDate = 0;
  return false;
}

function outside(date: number, most: number, now: number): boolean {
  return now - date > most || date - now > FUTURE_SECONDS;
}

/** The first usable server with this cookie. An empty value never matches, so that nobody sticks to servers without cookie. */
function choose(
  rules: CookieRules,
  buf: Buffer,
  from: number,
  to: number,
  servers: readonly Server[],
  state: Persistence,
): Server | null {
  if (to > from) {
    for (const server of servers) {
      const value = rules.valueOf(server);
      if (value === null || !same(buf, from, to, value)) continue;
      const up = alive(server);
      state.client = up ? ClientCookie.valid : ClientCookie.down;
      if (up || rules.persist) return server;
    }
  }
  const { client } = state;
  if (client !== ClientCookie.down && client !== ClientCookie.expired && client !== ClientCookie.old)
    state.client = ClientCookie.invalid;
  return null;
}

/**
 * The cookies of our name that the server itself sent: deleted, rewritten or left, as the mode says. `direct`: the request went where
 * its cookie asked.
 */
export function responseCookies(
  rules: CookieRules,
  head: Head,
  edits: Edits,
  server: Server,
  direct: boolean,
  state: Persistence,
): void {
  for (let i = findKnown(head, SET_COOKIE, 0); i >= 0; i = findKnown(head, SET_COOKIE, i + 1)) {
    if (edits.isDeleted(i)) continue;
    const { buf, index } = head;
    const from = index[4 * i + 2]!;
    const to = index[4 * i + 3]!;
    scanner.start(buf, from, to, true);
    if (!scanner.next() || !scanner.hasValue) continue;
    const spaced = scanner.valueStart !== scanner.nameEnd + 1;
    const name = `${latin1(buf, from, scanner.nameEnd)}=`;
    if (spaced) replaceLine(edits, i, name + latin1(buf, scanner.valueStart, to));
    if (!scanner.nameIs(rules.name)) continue;
    state.found = true;
    state.server = ServerCookie.passed;
    if (rules.preserve) continue;
    const value = rules.valueOf(server);
    if (rules.insert || (direct && rules.indirect)) {
      edits.delete(i);
      state.server = ServerCookie.deleted;
    } else if (value !== null && (rules.rewrite || rules.prefix)) {
      const rest = latin1(buf, rules.rewrite ? scanner.valueEnd : scanner.valueStart, to);
      replaceLine(edits, i, name + latin1(value, 0, value.length) + (rules.rewrite ? "" : "~") + rest);
      state.server = ServerCookie.rewritten;
    }
  }
}

function replaceLine(edits: Edits, at: number, value: string): void {
  edits.replace(at, Buffer.from(`set-cookie: ${value}\r\n`, "latin1"));
}

/** Whether the response needs a cookie of ours. `now` in seconds. */
export function mustInsert(
  rules: CookieRules,
  direct: boolean,
  isPost: boolean,
  state: Persistence,
  now: number,
): boolean {
  if (!rules.insert || (state.found && rules.preserve) || (rules.postOnly && !isPost)) return false;
  if (!direct) return true;
  const { lastDate, firstDate } = state;
  if ((rules.maxIdle > 0 || lastDate > 0) && (lastDate === 0 || lastDate < now)) return true;
  return rules.maxLife > 0 ? firstDate === 0 : firstDate > 0;
}

/** Adds the cookie of `server` to the response. */
export function insertCookie(
  rules: CookieRules,
  edits: Edits,
  server: Server,
  direct: boolean,
  state: Persistence,
  now: number,
): void {
  edits.append(rules.insertLine(server, state, now));
  state.server = direct && rules.valueOf(server) !== null ? ServerCookie.updated : ServerCookie.inserted;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** 30 bits as five characters of base64, the highest first. */
export function encodeDate(value: number): string {
  let out = "";
  for (let shift = 24; shift >= 0; shift -= 6) out += ALPHABET[(value >>> shift) & 63]!;
  return out;
}

/** The five characters at `at`; -1 when they are not base64. */
export function decodeDate(buf: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const digit = ALPHABET.indexOf(String.fromCharCode(buf[at + i] ?? 0));
    if (digit < 0) return -1;
    value = (value << 6) | digit;
  }
  return value >>> 0;
}
