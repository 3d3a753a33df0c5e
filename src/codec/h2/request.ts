/** The fields of a request become a `Head`, checked as RFC 9113 section 8 asks and spelled as HAProxy spells it for HTTP/1. */
import type { HeadBuilder } from "../h1/build.ts";
import { LOWER, TARGET } from "../h1/chars.ts";
import {
  CONN_UPGRADE,
  EXTENDED_CONNECT,
  HAS_UPGRADE,
  HAS_WEBSOCKET_KEY,
  type HeadLimits,
  Method,
  NORMALIZED_URI,
  OPEN_BODY,
  UPGRADE_WEBSOCKET,
} from "../h1/flags.ts";
import type { Head } from "../h1/head.ts";
import { COOKIE, HOST, lookupName, TE } from "../h1/known.ts";
import { equalsWord } from "../h1/words.ts";
import type { FieldSink } from "../hpack/decode.ts";
import { Area } from "./area.ts";
import { H2Error } from "./errors.ts";
import { appendField, equals, fieldProblem, isConnectionField, isTrailersOnly, isVisible } from "./fields.ts";
import { Pseudo, pseudoOf } from "./pseudo.ts";
import { isScheme, withoutPort } from "./uri.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const CONNECT = bytes("CONNECT");
const GET = bytes("GET");
const HTTP = bytes("http");
const HTTPS = bytes("https");
const HOST_NAME = bytes("host");
const COOKIE_NAME = bytes("cookie");
const CONNECTION_NAME = bytes("connection");
const UPGRADE_NAME = bytes("upgrade");
const HTTP_PORT = bytes(":80");
const HTTPS_PORT = bytes(":443");
const WEBSOCKET = bytes("websocket");
const WEBSOCKET_KEY_NAME = bytes("sec-websocket-key");

const METHOD_BIT = 1 << Pseudo.METHOD;
const SCHEME_BIT = 1 << Pseudo.SCHEME;
const AUTHORITY_BIT = 1 << Pseudo.AUTHORITY;
const PATH_BIT = 1 << Pseudo.PATH;
const PROTOCOL_BIT = 1 << Pseudo.PROTOCOL;

/**
 * Builds one request after the other. `begin`, the fields, then `finish`. One for each worker is enough: a block is decoded in one
 * go. Errors are kept until `finish`, because the block must be decoded to its end whatever it holds.
 */
export class RequestSink implements FieldSink {
  private head: Head | null = null;
  private builder: HeadBuilder | null = null;
  private limits: HeadLimits | null = null;
  /** 0, or the code of the first error. */
  private code = 0;
  /** Pseudo-header fields so far, as bits; the request line was written. */
  private seen = 0;
  private lineDone = false;
  /** Values of the pseudo-header fields. */
  private readonly pseudo = new Area();
  private readonly starts = new Int32Array(5);
  private readonly ends = new Int32Array(5);
  private readonly target = new Area();
  /** Cookie crumbs, joined (section 8.2.3). */
  private readonly cookies = new Area();
  private endStream = false;
  private extended = false;
  /** A nonce for clients that opened a WebSocket over a stream and therefore sent none: 24 bytes. */
  private readonly makeKey: () => Uint8Array;

  constructor(makeKey: () => Uint8Array) {
    this.makeKey = makeKey;
  }

  begin(head: Head, builder: HeadBuilder, limits: HeadLimits, endStream: boolean): void {
    this.head = head;
    this.builder = builder;
    this.limits = limits;
    this.code = 0;
    this.seen = 0;
    this.lineDone = false;
    this.pseudo.at = this.target.at = this.cookies.at = 0;
    this.endStream = endStream;
    this.extended = false;
  }

  field(
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    if (this.code !== 0) return;
    if (name[nameStart] === 58) {
      this.pseudoField(name, nameStart, nameEnd, value, valueStart, valueEnd);
      return;
    }
    if (!this.lineDone && !this.writeLine()) return;
    this.code = fieldProblem(name, nameStart, nameEnd, value, valueStart, valueEnd);
    if (this.code !== 0) return;
    const id = lookupName(name, nameStart, nameEnd);
    switch (id) {
      case 0:
        break;
      case HOST:
        // Section 8.3.1: the authority takes precedence over a Host field.
        if ((this.seen & AUTHORITY_BIT) !== 0) return;
        break;
      case TE:
        if (!isTrailersOnly(value, valueStart, valueEnd)) {
          this.code = H2Error.BAD_TE;
          return;
        }
        break;
      case COOKIE:
        if (this.cookies.at > 0) {
          this.cookies.byte(59);
          this.cookies.byte(32);
        }
        if (this.cookies.at + valueEnd - valueStart > this.limits!.maxBytes) this.code = H2Error.TOO_LARGE;
        else this.cookies.put(value, valueStart, valueEnd);
        return;
      default:
        if (isConnectionField(id)) {
          this.code = H2Error.CONNECTION_FIELD;
          return;
        }
    }
    this.append(name, nameStart, nameEnd, value, valueStart, valueEnd);
  }

  /** Ends the head. 0, or a code of errors.ts: the head is then of no use. */
  finish(): number {
    if (this.code === 0 && !this.lineDone) this.writeLine();
    if (this.code !== 0) return this.code;
    const head = this.head!;
    const { cookies } = this;
    if (cookies.at > 0) this.append(COOKIE_NAME, 0, COOKIE_NAME.length, cookies.buf, 0, cookies.at);
    if (this.extended) this.finishExtended();
    if (this.code !== 0) return this.code;
    this.builder!.finish();
    if (head.method === Method.CONNECT || this.extended) {
      // What follows belongs to the tunnel.
    } else if (!this.endStream) {
      if (head.contentLength < 0) head.flags |= OPEN_BODY;
    } else if (head.contentLength > 0) {
      // Section 8.1.1: a message whose content-length is not the sum of its DATA is malformed.
      return H2Error.BAD_LENGTH;
    }
    return 0;
  }

  private pseudoField(
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
  ): void {
    const which = pseudoOf(name, nameStart, nameEnd);
    const bit = 1 << which;
    // Section 8.3: pseudo-header fields must come before the others.
    if (this.lineDone) this.code = H2Error.PSEUDO_AFTER_FIELD;
    // Section 8.3: unknown ones, and those of responses, make the request malformed.
    else if (which < 0 || which === Pseudo.STATUS) this.code = H2Error.UNKNOWN_PSEUDO;
    // Section 8.3: each at most once.
    else if ((this.seen & bit) !== 0) this.code = H2Error.DUPLICATE_PSEUDO;
    if (this.code !== 0) return;
    if (this.pseudo.at + end - start > this.limits!.maxBytes) {
      this.code = H2Error.TOO_LARGE;
      return;
    }
    this.seen |= bit;
    this.starts[which] = this.pseudo.at;
    this.pseudo.put(value, start, end);
    this.ends[which] = this.pseudo.at;
  }

  /** All pseudo-header fields are here: writes the request line, and the Host header from the authority. */
  private writeLine(): boolean {
    this.lineDone = true;
    this.code = this.checkPseudo();
    if (this.code !== 0) return false;
    const { seen, starts, ends, target, builder } = this;
    const { buf } = this.pseudo;
    const authority = (seen & AUTHORITY_BIT) !== 0;
    let normalized = false;
    if ((seen & SCHEME_BIT) === 0) {
      target.put(buf, starts[Pseudo.AUTHORITY]!, ends[Pseudo.AUTHORITY]!);
    } else {
      if (authority) {
        const schemeStart = starts[Pseudo.SCHEME]!;
        const schemeEnd = ends[Pseudo.SCHEME]!;
        // As in HAProxy: an absolute URI, which goes to HTTP/1 servers in origin form unless its scheme is another one.
        normalized = equalsWord(buf, schemeStart, schemeEnd, HTTP) || equalsWord(buf, schemeStart, schemeEnd, HTTPS);
        target.put(buf, schemeStart, schemeEnd);
        target.byte(58);
        target.byte(47);
        target.byte(47);
        // RFC 3986 section 6.2.3: the port of the scheme, and an empty one, are left out.
        const port = schemeEnd - schemeStart === 4 ? HTTP_PORT : HTTPS_PORT;
        if (normalized)
          ends[Pseudo.AUTHORITY] = withoutPort(buf, starts[Pseudo.AUTHORITY]!, ends[Pseudo.AUTHORITY]!, port);
        target.put(buf, starts[Pseudo.AUTHORITY]!, ends[Pseudo.AUTHORITY]!);
      }
      // An absolute URI has no place for the target of `OPTIONS *`: it is the one without a path.
      if (!authority || buf[starts[Pseudo.PATH]!] !== 42) target.put(buf, starts[Pseudo.PATH]!, ends[Pseudo.PATH]!);
    }
    const head = this.head!;
    if (this.extended) builder!.beginRequest(head, GET, 0, 3, target.buf, 0, target.at);
    else builder!.beginRequest(head, buf, starts[0]!, ends[0]!, target.buf, 0, target.at);
    if (normalized) head.flags |= NORMALIZED_URI;
    if (authority) {
      this.append(HOST_NAME, 0, 4, buf, starts[Pseudo.AUTHORITY]!, ends[Pseudo.AUTHORITY]!);
    }
    return this.code === 0;
  }

  private checkPseudo(): number {
    const { seen, starts, ends } = this;
    const { buf } = this.pseudo;
    // Section 8.3.1: all requests have exactly one :method, :scheme and :path, but for CONNECT.
    if ((seen & METHOD_BIT) === 0) return H2Error.MISSING_PSEUDO;
    if (starts[0] === ends[0]) return H2Error.BAD_METHOD;
    for (let p = starts[0]!; p < ends[0]!; p++) if (LOWER[buf[p]!] === 0) return H2Error.BAD_METHOD;
    const connect = equals(buf, starts[0]!, ends[0]!, CONNECT);
    this.extended = connect && (seen & PROTOCOL_BIT) !== 0;
    if (connect && !this.extended) {
      // Section 8.5: CONNECT has an :authority, and neither :scheme nor :path.
      if ((seen & (SCHEME_BIT | PATH_BIT)) !== 0) return H2Error.UNEXPECTED_PSEUDO;
      if ((seen & AUTHORITY_BIT) === 0) return H2Error.MISSING_PSEUDO;
    } else {
      if ((seen & (SCHEME_BIT | PATH_BIT)) !== (SCHEME_BIT | PATH_BIT)) return H2Error.MISSING_PSEUDO;
      // RFC 8441 section 4: an extended CONNECT has an :authority too, and only that may have a :protocol.
      if (this.extended && (seen & AUTHORITY_BIT) === 0) return H2Error.MISSING_PSEUDO;
      if (!this.extended && (seen & PROTOCOL_BIT) !== 0) return H2Error.UNEXPECTED_PSEUDO;
      const pathStart = starts[Pseudo.PATH]!;
      const pathEnd = ends[Pseudo.PATH]!;
      // Section 8.3.1: :path must not be empty; it begins with "/", or is "*".
      if (pathStart === pathEnd) return H2Error.BAD_PATH;
      if (buf[pathStart] !== 47 && !(buf[pathStart] === 42 && pathEnd === pathStart + 1)) return H2Error.BAD_PATH;
      for (let p = pathStart; p < pathEnd; p++) {
        const c = buf[p]!;
        if (TARGET[c] === 0 && (!this.limits!.relaxed || c <= 32 || c === 127)) return H2Error.BAD_PATH;
      }
      if (!isScheme(buf, starts[Pseudo.SCHEME]!, ends[Pseudo.SCHEME]!)) return H2Error.BAD_SCHEME;
    }
    if ((seen & AUTHORITY_BIT) !== 0) {
      // Nothing that could be taken for another part of the URI. User information passes, as in HAProxy.
      const end = ends[Pseudo.AUTHORITY]!;
      if (!isVisible(buf, starts[Pseudo.AUTHORITY]!, end)) return H2Error.BAD_AUTHORITY;
      for (let p = starts[Pseudo.AUTHORITY]!; p < end; p++) {
        if (buf[p] === 47 || buf[p] === 35 || buf[p] === 63) return H2Error.BAD_AUTHORITY;
      }
    }
    return 0;
  }

  /** RFC 8441 section 4: what the request would be in HTTP/1. */
  private finishExtended(): void {
    const head = this.head!;
    const { buf } = this.pseudo;
    const start = this.starts[Pseudo.PROTOCOL]!;
    const end = this.ends[Pseudo.PROTOCOL]!;
    if (!isVisible(buf, start, end)) {
      this.code = H2Error.BAD_FIELD_VALUE;
      return;
    }
    this.append(UPGRADE_NAME, 0, UPGRADE_NAME.length, buf, start, end);
    this.append(CONNECTION_NAME, 0, CONNECTION_NAME.length, UPGRADE_NAME, 0, UPGRADE_NAME.length);
    head.flags |= EXTENDED_CONNECT | HAS_UPGRADE | CONN_UPGRADE;
    if (!equals(buf, start, end, WEBSOCKET)) return;
    head.flags |= UPGRADE_WEBSOCKET;
    if ((head.flags & HAS_WEBSOCKET_KEY) !== 0) return;
    const key = this.makeKey();
    this.append(WEBSOCKET_KEY_NAME, 0, WEBSOCKET_KEY_NAME.length, key, 0, key.length);
  }

  private append(
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const { builder, limits } = this;
    this.code = appendField(builder!, limits!, name, nameStart, nameEnd, value, valueStart, valueEnd);
  }
}
