/** `http-request cache-use`: looks whether the request can be answered from a cache. The rules behind it are evaluated in any case. */
import type { Cache } from "../../../cache/cache.ts";
import { hashTarget, hashUri } from "../../../cache/key.ts";
import type { Hit } from "../../../cache/hit.ts";
import type { CacheStore } from "../../../cache/store.ts";
import { ACCEPT_ENCODING, acceptedEncodings, REFERER, refererKey } from "../../../cache/vary.ts";
import type { Edits } from "../../../codec/h1/edits.ts";
import { Method } from "../../../codec/h1/flags.ts";
import type { Head } from "../../../codec/h1/head.ts";
import { AUTHORIZATION, CACHE_CONTROL, IF_MODIFIED_SINCE, IF_NONE_MATCH, PRAGMA } from "../../../codec/h1/known.ts";
import { C } from "../../../counters/columns.ts";
import { firstValue, valuesOf } from "../../../rules/lines.ts";
import { clock } from "../../../util/clock.ts";
import type { HttpStream } from "../stream.ts";
import { firstWord, type StreamCache } from "./state.ts";

const HOST = Buffer.from("host", "latin1");
const PRAGMA_NAME = Buffer.from("pragma", "latin1");
const CACHE_CONTROL_NAME = Buffer.from("cache-control", "latin1");
const AUTHORIZATION_NAME = Buffer.from("authorization", "latin1");
const ACCEPT_ENCODING_NAME = Buffer.from("accept-encoding", "latin1");
const REFERER_NAME = Buffer.from("referer", "latin1");

export function useCache(stream: HttpStream, cache: Cache): void {
  const { store } = cache;
  if (store === null) return;
  const state = stream.cacheState();
  if (state.hit !== null) return;
  const { req, reqEdits: edits } = stream;
  const asks = req.method === Method.GET || req.method === Method.HEAD;
  if (req.version !== 11 || !asks) state.ignore = true;
  // The key is for methods too that are never answered: they may change what is stored.
  if (readKnown(req, edits, state)) {
    // Fast path: the request is as it came, with its host.
    const { index, host } = req;
    hashTarget(req.buf, req.targetStart, req.targetEnd, index[4 * host + 2]!, index[4 * host + 3]!, state.hash);
    state.keyed = true;
  } else {
    readWishes(req, edits, state);
    state.keyed = hashUri(stream.uri()!, firstValue(req, edits, HOST), state.hash);
  }
  if (!state.keyed) return;
  if (state.ignore) return;
  const { backend, frontend } = stream;
  const counted = backend ?? frontend;
  counted.slab[counted.base + C.cacheLookups]!++;
  const hit = lookUp(stream, store, state);
  if (hit === null) return;
  counted.slab[counted.base + C.cacheHits]!++;
  state.hit = hit;
  state.source = cache;
}

function lookUp(stream: HttpStream, store: CacheStore, state: StreamCache): Hit | null {
  const now = Math.floor(clock.now / 1000);
  const first = store.first(state.hash);
  if (first < 0 || store.expired(first, now)) {
    if (store.settings.processVary) readKeys(stream, state, ACCEPT_ENCODING | REFERER);
    return null;
  }
  const signature = store.signature(first);
  if (signature === 0) return store.open(first);
  readKeys(stream, state, ACCEPT_ENCODING | REFERER);
  const block = store.secondary(first, state.hash, state.keys);
  return block < 0 || store.expired(block, now) ? null : store.open(block);
}

/** What the response may vary by, as the request has it. */
function readKeys(stream: HttpStream, state: StreamCache, signature: number): void {
  const { req, reqEdits: edits } = stream;
  state.hasKeys = true;
  if ((signature & ACCEPT_ENCODING) !== 0)
    state.keys[0] = acceptedEncodings(valuesOf(req, edits, ACCEPT_ENCODING_NAME));
  if ((signature & REFERER) !== 0) state.keys[1] = refererKey(firstValue(req, edits, REFERER_NAME));
}

/** Headers a cache looks at. */
const looked = new Uint8Array(256);
for (const id of [AUTHORIZATION, CACHE_CONTROL, PRAGMA, IF_NONE_MATCH, IF_MODIFIED_SINCE]) looked[id] = 1;

/** One look at all headers. True: none of them is of interest but Host, and rules changed nothing. */
function readKnown(req: Head, edits: Edits, state: StreamCache): boolean {
  state.conditional = true;
  if (edits.touched || edits.appendedCount > 0 || edits.target !== undefined || req.host < 0) return false;
  if (req.buf[req.targetStart] !== 47) return false;
  const { ids, count } = req;
  for (let i = 0; i < count; i++) if (looked[ids[i]!] === 1) return false;
  state.conditional = false;
  return true;
}

/** Prefixes of what says that a stored answer will not do. HAProxy does not look at the numbers behind them. */
const FRESH = ["no-cache", "max-age", "max-stale", "min-fresh"];

/** The request wants a fresh answer (RFC 9111 section 5.2.1), or none that is kept. */
function readWishes(req: Head, edits: Edits, state: StreamCache): void {
  const controls = valuesOf(req, edits, CACHE_CONTROL_NAME);
  for (const line of controls) {
    for (const part of line.split(",")) {
      const word = part.trim().toLowerCase();
      if (FRESH.some((prefix) => word.startsWith(prefix))) state.ignore = true;
      else if (word.startsWith("no-store")) state.noStore = true;
    }
  }
  if (controls.length === 0 && firstWord(valuesOf(req, edits, PRAGMA_NAME)) === "no-cache") state.ignore = true;
  // RFC 9111 section 3.5: what is for somebody in particular.
  if (firstValue(req, edits, AUTHORIZATION_NAME) !== null) state.ignore = state.noStore = true;
}
