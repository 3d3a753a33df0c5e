/** Our cookie in requests: which server it asks for, and what of it the server gets to see. */
import type { Edits } from "../codec/h1/edits.ts";
import type { Head } from "../codec/h1/head.ts";
import { COOKIE } from "../codec/h1/known.ts";
import { findKnown } from "../codec/h1/view.ts";
import type { Server } from "../proxy/server.ts";
import { latin1 } from "../util/latin1.ts";
import { decodeDate } from "./cookie-date.ts";
import type { CookieRules } from "./cookie-rules.ts";
import { blank, CookieScanner } from "./cookie-scan.ts";
import { ClientCookie, type Persistence } from "./cookie-state.ts";
import { sameBytes } from "../util/bytes.ts";
import { alive } from "./alive.ts";

/** Separates the server's name from the application's value in prefix mode. */
const TILDE = 126;
/** Separates the dates of `maxidle` and `maxlife` from the server's name. */
const BAR = 124;
/** Dates further in the future than this are wrong clocks, not fresh cookies. */
const FUTURE_SECONDS = 86400;

/** One for all requests of a worker: nothing here is re-entered. */
const scanner = new CookieScanner();

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
  const { buf, index } = head;
  for (let i = findKnown(head, COOKIE, 0); i >= 0; i = findKnown(head, COOKIE, i + 1)) {
    const line = edits.lineOf(i);
    if (line === null) continue;
    if (line === undefined) {
      chosen = scanLine(rules, buf, index[4 * i + 2]!, index[4 * i + 3]!, servers, state, now, chosen);
    } else if (isCookie(line)) {
      chosen = scanLine(rules, line, COOKIE_NAME.length, line.length - 2, servers, state, now, chosen);
    } else {
      continue;
    }
    if (outcome === "") edits.delete(i);
    else if (outcome !== null) edits.replace(i, cookieLine(outcome));
  }
  // Lines rules have added.
  for (let i = 0; i < edits.appendedCount; i++) {
    const line = edits.appended[i]!;
    if (!isCookie(line)) continue;
    chosen = scanLine(rules, line, COOKIE_NAME.length, line.length - 2, servers, state, now, chosen);
    if (outcome === null) continue;
    edits.replaceAppended(i, outcome === "" ? NOTHING : cookieLine(outcome));
  }
  return chosen;
}

const COOKIE_NAME: Buffer = Buffer.from("cookie: ", "latin1");
const NOTHING: Buffer = Buffer.alloc(0);

function isCookie(line: Buffer): boolean {
  return (
    line.length > COOKIE_NAME.length && line.compare(COOKIE_NAME, 0, COOKIE_NAME.length, 0, COOKIE_NAME.length) === 0
  );
}

function cookieLine(text: string): Buffer {
  return Buffer.from(`cookie: ${text}\r\n`, "latin1");
}

/** What the line scanned last becomes: null = it stays, "" = it goes. */
let outcome: string | null = null;

function scanLine(
  rules: CookieRules,
  buf: Buffer,
  from: number,
  to: number,
  servers: readonly Server[],
  state: Persistence,
  now: number,
  before: Server | null,
): Server | null {
  outcome = null;
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
      outcome = "";
      return chosen;
    }
    text = (text ?? "") + (removing > done ? latin1(buf, done, removing) : "");
    done = to;
  }
  if (text !== null) {
    text += latin1(buf, done, to);
    outcome = text;
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
      if (value === null || !sameBytes(buf, from, to, value)) continue;
      const up = alive(server);
      state.client = up ? ClientCookie.valid : ClientCookie.down;
      if (up || rules.persist || state.forced) return server;
    }
  }
  const { client } = state;
  if (client !== ClientCookie.down && client !== ClientCookie.expired && client !== ClientCookie.old)
    state.client = ClientCookie.invalid;
  return null;
}
