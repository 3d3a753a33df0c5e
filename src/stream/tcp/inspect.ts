/**
 * The rules of a session in mode tcp, in HAProxy's order (manual, section 4.2):
 *
 *     tcp-request content of the frontend
 *     choice of the backend                use_backend, default_backend
 *     tcp-request content of the backend
 *     choice of the server                 use-server, persist, stick
 *     queue, connect                       ../assign.ts, ../connect.ts
 *     tcp-response content of the backend
 *     stick tables learn the server        ../stick.ts
 *
 * A ruleset that needs bytes which are not there holds the session until they come, or until its delay is over.
 */
import { C } from "../../counters/columns.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { ProxyRules } from "../../rules/proxy-rules.ts";
import { type ContentRules, runContent } from "../../rules/content.ts";
import { Verdict } from "../../rules/types.ts";
import { countOnPath } from "../count.ts";
import { clock } from "../../util/clock.ts";
import type { HttpSettings } from "../http/settings.ts";
import { persistRdp } from "../rdp.ts";
import { judgePersistence, stickRequest, stickResponse } from "../stick.ts";
import { sooner } from "../timeout.ts";
import { chooseServer } from "../use-server.ts";
import { windowOf } from "./held.ts";
import { Inspection } from "./step.ts";
import type { TcpStream } from "./stream.ts";
import { upgrade } from "./upgrade.ts";

function rulesOf(side: { readonly http: unknown }): ProxyRules | null {
  return (side.http as HttpSettings).rules;
}

/** From the accept on. */
export function routeSession(stream: TcpStream): void {
  const rules = rulesOf(stream.frontend);
  // Fast path: a frontend without rules.
  if (rules === null) {
    enter(stream, stream.frontend.defaultBackend);
    return;
  }
  if (rules.content !== null && !inspect(stream, rules.content, Inspection.frontend)) return;
  leaveFrontend(stream, rules);
}

function leaveFrontend(stream: TcpStream, rules: ProxyRules): void {
  if (stream.upgrading) upgrade(stream, null);
  else enter(stream, chooseBackend(stream, rules) ?? stream.frontend.defaultBackend);
}

/** The backend of the first `use_backend` that applies; null = none does. */
function chooseBackend(stream: TcpStream, { backends, findBackend }: ProxyRules): Backend | null {
  if (backends === null) return null;
  const { samples } = stream;
  for (let i = 0; i < backends.length; i++) {
    const rule = backends[i]!;
    if (rule.condition !== null && !rule.condition(samples)) continue;
    // A name without a backend: the default one, without a look at further rules.
    return rule.backend ?? findBackend(rule.name!(samples));
  }
  return null;
}

function enter(stream: TcpStream, backend: Backend | null): void {
  const { frontend } = stream;
  if (backend === null) {
    frontend.slab[frontend.base + C.errReq]!++;
    stream.end("S", "C");
    return;
  }
  if (backend.model.mode === "http") {
    upgrade(stream, backend);
    return;
  }
  stream.enterBackend(backend);
  frontend.slab[backend.base + C.bytesIn]! += stream.bytesUploaded;
  const rules = rulesOf(backend);
  if (rules !== null) {
    if (rules.persist !== null) judgePersistence(stream, rules.persist, stream.samples);
    // Those of a listen were evaluated as the frontend's.
    const own = backend.model !== frontend.model;
    if (own && rules.content !== null && !inspect(stream, rules.content, Inspection.backend)) return;
    toServer(stream, rules);
    return;
  }
  goOn(stream, null);
}

function toServer(stream: TcpStream, rules: ProxyRules): void {
  if (stream.upgrading) {
    upgrade(stream, stream.backend);
    return;
  }
  if (rules.servers !== null) chooseServer(stream, rules.servers, stream.samples);
  goOn(stream, rules);
}

function goOn(stream: TcpStream, rules: ProxyRules | null): void {
  stream.logAccept();
  if (stream.backend!.model.rdpPersist !== null) persistRdp(stream);
  if (rules !== null && rules.stick !== null) stickRequest(stream, rules.stick.request, stream.samples);
  if (stream.earlyBytes >= stream.rt.global.bufsize) stream.client.pause();
  const { client } = stream.frontend.model.timeouts;
  // A client that said nothing has its time from the beginning, whatever is done for it meanwhile.
  if (client > 0 && stream.earlyBytes === 0 && !stream.client.ended) stream.client.expire(stream.client.ready + client);
  stream.assign();
}

/** False: the session is over, or waits at `step`. */
function inspect(stream: TcpStream, content: ContentRules, step: number): boolean {
  stream.step = step;
  const verdict = runContent(content, stream.samples, isFinal(stream, content, step));
  if (verdict === Verdict.done) return false;
  if (verdict === Verdict.wait) {
    if (stream.rulesUntil === 0 && content.delay > 0) stream.rulesUntil = clock.now + content.delay;
    stream.watch();
    return false;
  }
  stream.step = Inspection.none;
  stream.rulesUntil = 0;
  stream.expire(0);
  return true;
}

/** No more bytes will be waited for. */
function isFinal(stream: TcpStream, { delay }: ContentRules, step: number): boolean {
  if (delay === 0 || (stream.rulesUntil > 0 && clock.now >= stream.rulesUntil)) return true;
  if (step === Inspection.response) return stream.serverConn?.ended === true || stream.lateBytes >= windowOf(stream);
  return stream.client.ended || stream.earlyBytes >= windowOf(stream);
}

/** Bytes came, a side ended or time passed: looks again at the rules that wait. */
export function inspectMore(stream: TcpStream, woken = false): void {
  const { step, frontend } = stream;
  // An action that waits is not told of bytes.
  if (!woken && stream.samples.waitingRule >= 0 && (stream.rulesUntil === 0 || clock.now < stream.rulesUntil)) return;
  if (step === Inspection.frontend) {
    stream.active = clock.now;
    const rules = rulesOf(frontend)!;
    if (inspect(stream, rules.content!, step)) leaveFrontend(stream, rules);
  } else if (step === Inspection.backend) {
    stream.active = clock.now;
    const rules = rulesOf(stream.backend!)!;
    if (inspect(stream, rules.content!, step)) toServer(stream, rules);
  } else if (step === Inspection.response) {
    if (inspect(stream, rulesOf(stream.backend!)!.responseContent!, step)) release(stream);
  }
}

/** The connection to the server stands: rules about its bytes begin. */
export function inspectServer(stream: TcpStream): void {
  const rules = rulesOf(stream.backend!);
  if (rules === null) return;
  const content = rules.responseContent;
  if (content === null) {
    learn(stream, rules);
    return;
  }
  stream.samples.startResponse();
  if (inspect(stream, content, Inspection.response)) release(stream);
}

/** No more comes from the server while rules wait for it: they judge by what there is. */
export function endServerInspection(stream: TcpStream): void {
  stream.samples.waitingRule = -1;
  if (runContent(rulesOf(stream.backend!)!.responseContent!, stream.samples, true) === Verdict.done) return;
  stream.step = Inspection.none;
  stream.rulesUntil = 0;
  release(stream);
}

/** Stick tables learn the server. */
function learn(stream: TcpStream, { stick }: ProxyRules): void {
  if (stick === null) return;
  stream.samples.startResponse();
  stickResponse(stream, stick.response, stream.samples);
}

/** What the server sent so far goes on. */
function release(stream: TcpStream): void {
  learn(stream, rulesOf(stream.backend!)!);
  const { late, client, serverConn: conn } = stream;
  stream.late = null;
  if (late !== null) {
    for (const chunk of late) if (!client.write(chunk, 0, chunk.length)) conn?.pause();
  }
  if (stream.serverClosed) {
    if (conn !== null) {
      stream.serverConn = null;
      conn.owner = null;
      conn.abort();
    }
    stream.closeBoth();
    return;
  }
  stream.watch();
}

/** While rules wait for the client its timeout runs, beside their delay. */
export function watchInspection(stream: TcpStream): void {
  const { client } = stream.frontend.model.timeouts;
  stream.expire(sooner(stream.rulesUntil, client === 0 || stream.client.ended ? 0 : stream.active + client));
}

/** False: it is a timeout of the data phase. */
export function inspectionExpired(stream: TcpStream, now: number): boolean {
  if (stream.rulesUntil > 0 && now >= stream.rulesUntil) {
    inspectMore(stream);
    return true;
  }
  if (stream.step === Inspection.response) return false;
  const { client } = stream.frontend.model.timeouts;
  if (client > 0 && !stream.client.ended && now >= stream.active + client) {
    endInspection(stream, "c");
  } else {
    watchInspection(stream);
  }
  return true;
}

/**
 * The client leaves, or was silent for too long, while rules wait for it. As in HAProxy they judge by what came: they may still
 * refuse it, and the log names the backend it would have got to.
 */
export function endInspection(stream: TcpStream, cause: "C" | "c"): void {
  const { frontend, listener, samples, step } = stream;
  const { slab } = frontend;
  samples.waitingRule = -1;
  if (step === Inspection.frontend) {
    const rules = rulesOf(frontend)!;
    if (runContent(rules.content!, samples, true) === Verdict.done) return;
    const backend = chooseBackend(stream, rules) ?? frontend.defaultBackend;
    if (backend !== null) {
      stream.enterBackend(backend);
      slab[backend.base + C.bytesIn]! += stream.bytesUploaded;
    }
  } else if (step === Inspection.backend) {
    if (runContent(rulesOf(stream.backend!)!.content!, samples, true) === Verdict.done) return;
  }
  // Counted as a request that failed.
  slab[frontend.base + C.errReq]!++;
  slab[listener.base + C.errReq]!++;
  countOnPath(stream, C.clientAborts);
  stream.end(cause, "R");
}

/** A rule refused it: HAProxy's dreq at the frontend, or dresp at all it went through. */
export function countDenied({ frontend, listener, backend, server, step }: TcpStream): void {
  const { slab } = frontend;
  if (step !== Inspection.response) {
    slab[frontend.base + C.denReq]!++;
    slab[listener.base + C.denReq]!++;
    return;
  }
  slab[frontend.base + C.denResp]!++;
  slab[listener.base + C.denResp]!++;
  slab[backend!.base + C.denResp]!++;
  if (server !== null) slab[server.base + C.denResp]!++;
}
