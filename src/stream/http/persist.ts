/** Persistence in the life of a stream: cookies of both directions, server redirects, and the header that names the server. */
import { algorithmOf } from "../../balance/index.ts";
import { Method } from "../../codec/h1/flags.ts";
import { SET_COOKIE } from "../../codec/h1/known.ts";
import { findKnown, findName } from "../../codec/h1/view.ts";
import type { Balancer } from "../../balance/types.ts";
import { C } from "../../counters/columns.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Logger } from "../../log/record.ts";
import type { Server } from "../../proxy/server.ts";
import {
  ClientCookie,
  type CookieRules,
  insertCookie,
  mustInsert,
  requestCookies,
  responseCookies,
} from "../../server/cookies.ts";
import { clock } from "../../util/clock.ts";
import { countOnPath } from "../count.ts";
import { answer, reply } from "./answer.ts";
import { cacheability } from "./cacheable.ts";
import { parseReply } from "./reply.ts";
import type { HttpSide } from "./side.ts";
import { countOut } from "./count.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpStream } from "./stream.ts";
import { headBytes } from "./wire.ts";

const PRIVATE = Buffer.from("cache-control: private\r\n", "latin1");

/** Reads the cookies of the request: the server they ask for is tried instead of a balanced one. */
export function persistRequest(stream: HttpStream, rules: CookieRules, backend: Backend): void {
  if (backend.stale) {
    backend.refresh();
    (backend.balancer as Balancer).rebuild();
  }
  const { persistence } = stream;
  const now = Math.floor(clock.now / 1000);
  const { direct } = stream;
  persistence.forced = stream.forcePersist;
  stream.direct = requestCookies(rules, stream.req, stream.reqEdits, backend.servers, persistence, now);
  if (direct === null && !stream.ignorePersist) return;
  // `use-server` has chosen already, or `ignore-persist` applies.
  stream.direct = direct;
  if (persistence.client !== ClientCookie.none) persistence.client = ClientCookie.unused;
}

/**
 * `option prefer-last-server` (manual, section 4.2): the server a connection of this client is open to, unless its queue is longer
 * than max-keep-alive-queue allows.
 */
export function preferredServer(client: HttpSide, backend: Backend): Server | null {
  const server = client.own?.server ?? null;
  const { model } = backend;
  if (server === null || server.backend !== backend || !server.usable || algorithmOf(model.balance).keyed) {
    return null;
  }
  const { maxKeepAliveQueue: most } = model;
  const room = server.maxconn === 0 || (server.queued === 0 && !server.full);
  return client.own!.sticky || most <= 0 || room || server.queued + 1 < most ? server : null;
}

/** The server the client's cookie asked for could not serve it, another one does. */
export function leftServer(stream: HttpStream): void {
  const { persistence } = stream;
  if (persistence.client === ClientCookie.valid) persistence.client = ClientCookie.down;
}

/** Cookies of the response. False: a cacheable response would set a cookie and is blocked (`option checkcache`). */
export function persistResponse(stream: HttpStream, back: HttpSettings): boolean {
  const { res, resEdits: edits, req, persistence, server } = stream;
  const rules = back.cookie;
  const now = Math.floor(clock.now / 1000);
  const direct = stream.direct === server;
  const setsCookie = back.checkCache && findKnown(res, SET_COOKIE, 0) >= 0;
  let inserts = false;
  if (rules !== null && server!.index >= 0 && !stream.ignorePersist) {
    responseCookies(rules, res, edits, server!, direct, persistence);
    inserts = mustInsert(rules, direct, req.method === Method.POST, persistence, now);
    if (inserts) insertCookie(rules, edits, server!, direct, persistence, now);
  }
  if (!setsCookie && !(inserts && rules!.nocache)) return true;
  const cache = cacheability(req.method, res);
  if (inserts && rules!.nocache && cache.response) {
    edits.append(PRIVATE);
    return true;
  }
  return !(setsCookie && cache.response && cache.cookies);
}

/** `option checkcache`: the client gets 502 instead. */
export function blockResponse(stream: HttpStream): void {
  const { backend, server } = stream;
  countOnPath(stream, C.denResp);
  const text = `Blocking cacheable cookie in response from instance ${backend!.name}, server ${server!.name}.`;
  (backend!.logger as Logger).event("alert", text);
  stream.reason = "cacheable-cookie";
  stream.responseAt = 0;
  countOut(stream, headBytes(stream.res));
  stream.termCause = "P";
  stream.termState = "H";
  reply(stream, 502);
}

/** `http-send-name-header`: the server learns its name; whatever the client sent under this name goes. */
export function nameServer(stream: HttpStream, name: Buffer): void {
  const { req, reqEdits: edits, server } = stream;
  if (server!.index < 0) return;
  const line = Buffer.concat([name, Buffer.from(`: ${server!.name}\r\n`, "latin1")]);
  if (stream.nameSlot >= 0) {
    // Another attempt, maybe at another server.
    edits.replaceAppended(stream.nameSlot, line);
    return;
  }
  for (let i = findName(req, name, 0); i >= 0; i = findName(req, name, i + 1)) edits.delete(i);
  stream.nameSlot = edits.appendedCount;
  edits.append(line);
}

/** `redir` of a server: GET and HEAD are sent there by a redirect instead of being forwarded. */
export function redirectToServer(stream: HttpStream, server: Server): boolean {
  const { redir } = server.model;
  const { req } = stream;
  const path = redir === null ? "" : pathOf(stream.uri()!);
  if (path === "" || (req.method !== Method.GET && req.method !== Method.HEAD)) return false;
  stream.server = server;
  stream.serverName = server.name;
  server.slab[server.base + C.sessTot]!++;
  server.slab[server.base + C.lastSession] = clock.now;
  stream.termCause = "L";
  stream.termState = "C";
  const raw = Buffer.from(
    `HTTP/1.1 302 Found\r\nCache-Control: no-cache\r\nContent-length: 0\r\nLocation: ${redir}${path}\r\n\r\n`,
    "latin1",
  );
  stream.clientKeep = false;
  stream.queueEnd = clock.now;
  countOut(stream, "connection".length + "close".length);
  answer(stream, parseReply(302, raw)!);
  return true;
}

/** Path and query of a target in absolute form, "" when it has none; others as they are (RFC 9112 section 3.2). */
function pathOf(target: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i.exec(target);
  return scheme === null ? target : target.slice(scheme[0].length);
}
