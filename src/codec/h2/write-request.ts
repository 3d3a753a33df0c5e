/** A request head as a header block (RFC 9113 section 8.3.1). */
import type { Edits } from "../h1/edits.ts";
import { CONN_UPGRADE, HAS_UPGRADE, Method } from "../h1/flags.ts";
import type { Head } from "../h1/head.ts";
import {
  CONNECTION,
  HOST,
  isName,
  KEEP_ALIVE,
  knownId,
  PROXY_CONNECTION,
  TRANSFER_ENCODING,
  UPGRADE,
} from "../h1/known.ts";
import { originStart } from "../h1/write.ts";
import { writeIndexed, writeLiteral, writeWithIndexedName } from "../hpack/encode.ts";
import { staticIndex } from "../hpack/static-table.ts";
import { skipTable, writeFields } from "./write-fields.ts";

const http2Settings = knownId("http2-settings");
const skipped = skipTable(HOST, CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE, http2Settings);
/** With a target in origin form the Host header stays. */
const skippedOrigin = skipTable(CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE, http2Settings);

const AUTHORITY = staticIndex(":authority");
const METHOD = staticIndex(":method");
const METHOD_GET = 2;
const METHOD_POST = 3;
const PATH = staticIndex(":path");
const PATH_ROOT = 4;
const SCHEME_HTTP = 6;
const SCHEME_HTTPS = 7;
const CONNECT: Uint8Array = Buffer.from("CONNECT", "latin1");
const PROTOCOL: Uint8Array = Buffer.from(":protocol", "latin1");
const ASTERISK: Uint8Array = Buffer.from("*", "latin1");

/** True when the request asks for another protocol: over HTTP/2 it becomes an extended CONNECT (RFC 8441). */
export function isUpgradeRequest(head: Head): boolean {
  return (head.flags & (HAS_UPGRADE | CONN_UPGRADE)) === (HAS_UPGRADE | CONN_UPGRADE);
}

/** Writes the block at `pos`, which must have blockSize() bytes left. */
export function writeRequestBlock(out: Buffer, pos: number, head: Head, edits: Edits | null): number {
  const { buf } = head;
  const method = edits === null ? undefined : edits.method;
  const upgrade = isUpgradeRequest(head);
  let at = pos;
  const target = edits?.target ?? buf;
  const targetStart = edits?.target === undefined ? head.targetStart : 0;
  const targetEnd = edits?.target === undefined ? head.targetEnd : edits.target.length;
  if (upgrade) {
    at = writeWithIndexedName(out, at, METHOD, CONNECT, 0, CONNECT.length);
  } else if (method !== undefined) {
    at = writeWithIndexedName(out, at, METHOD, method, 0, method.length);
  } else if (head.method === Method.GET) {
    at = writeIndexed(out, at, METHOD_GET);
  } else if (head.method === Method.POST) {
    at = writeIndexed(out, at, METHOD_POST);
  } else {
    at = writeWithIndexedName(out, at, METHOD, buf, head.start, head.methodEnd);
  }
  if (head.method === Method.CONNECT && method === undefined) {
    // Section 8.5: neither scheme nor path, and the authority is where to connect to.
    at = writeWithIndexedName(out, at, AUTHORITY, target, targetStart, targetEnd);
    return writeFields(out, at, head, edits, skipped);
  }
  // As HAProxy: the scheme of an absolute target, else https; and its authority, else the Host header says where to go.
  const absolute = isAbsolute(target, targetStart, targetEnd);
  at = writeIndexed(out, at, absolute && target[targetStart + 4] === 58 ? SCHEME_HTTP : SCHEME_HTTPS);
  if (absolute || upgrade) at = writeAuthority(out, at, head, edits);
  const path = originStart(target, targetStart, targetEnd);
  if (targetEnd - path === 1 && target[path] === 47) at = writeIndexed(out, at, PATH_ROOT);
  else if (path < targetEnd) at = writeWithIndexedName(out, at, PATH, target, path, targetEnd);
  else if (head.method === Method.OPTIONS) at = writeWithIndexedName(out, at, PATH, ASTERISK, 0, 1);
  else at = writeIndexed(out, at, PATH_ROOT);
  if (upgrade) {
    for (let i = 0; i < head.count; i++) {
      if (head.ids[i] !== UPGRADE) continue;
      const k = 4 * i;
      at = writeLiteral(out, at, PROTOCOL, 0, PROTOCOL.length, buf, head.index[k + 2]!, head.index[k + 3]!);
      break;
    }
  }
  return writeFields(out, at, head, edits, absolute || upgrade ? skipped : skippedOrigin);
}

/** `http://…` or `https://…`. */
function isAbsolute(buf: Uint8Array, start: number, end: number): boolean {
  const colon = buf[start + 4] === 58 ? start + 4 : start + 5;
  return colon + 2 < end && buf[start] !== 47 && buf[colon] === 58 && buf[colon + 1] === 47 && buf[colon + 2] === 47;
}

/** `:authority` from the Host header as it leaves; none when there is none. */
function writeAuthority(out: Buffer, pos: number, head: Head, edits: Edits | null): number {
  const { host } = head;
  if (host >= 0) {
    const line = edits !== null && edits.touched ? edits.lineOf(host) : undefined;
    if (line === undefined) {
      const k = 4 * host;
      return writeWithIndexedName(out, pos, AUTHORITY, head.buf, head.index[k + 2]!, head.index[k + 3]!);
    }
    if (line !== null && isHost(line)) {
      return writeWithIndexedName(out, pos, AUTHORITY, line, 6, line.indexOf(13));
    }
  }
  if (edits === null) return pos;
  for (let i = 0; i < edits.appendedCount; i++) {
    const line = edits.appended[i]!;
    if (isHost(line)) return writeWithIndexedName(out, pos, AUTHORITY, line, 6, line.indexOf(13));
  }
  return pos;
}

function isHost(line: Buffer): boolean {
  return line.length >= 8 && line[4] === 58 && isName(line, 0, HOST);
}
