/** Our cookie in responses: what becomes of the server's own, and the one that is added. */
import type { Edits } from "../codec/h1/edits.ts";
import type { Head } from "../codec/h1/head.ts";
import { SET_COOKIE } from "../codec/h1/known.ts";
import { findKnown } from "../codec/h1/view.ts";
import type { Server } from "../proxy/server.ts";
import { latin1 } from "../util/latin1.ts";
import type { CookieRules } from "./cookie-rules.ts";
import { CookieScanner } from "./cookie-scan.ts";
import { type Persistence, ServerCookie } from "./cookie-state.ts";

/** One for all responses of a worker. */
const scanner = new CookieScanner();

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
