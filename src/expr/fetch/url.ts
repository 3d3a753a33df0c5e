/** The request target and its parts (manual, section 7.3.6). */
import { avalanche } from "../../util/hash/index.ts";
import { latin1 } from "../../util/latin1.ts";
import { parseIp } from "../../util/ip.ts";
import type { SampleContext } from "../context.ts";
import type { SampleKind } from "../sample.ts";
import { ElementWalk, HeaderWalk, request, Target } from "./message.ts";
import type { Fetcher, FetchRow } from "./types.ts";

const HOST: Uint8Array = Buffer.from("host");

function row(name: string, type: SampleKind, help: string, make: () => Fetcher, declared?: SampleKind): FetchRow {
  return { name, args: [], type, ...(declared ? { declared } : {}), use: ["request-head"], help, make };
}

/** Path, with or without its query. */
function pathFetcher(withQuery: boolean): Fetcher {
  const target = new Target();
  return (ctx) => {
    if (!target.start(ctx) || !target.findPath()) return null;
    return target.text(target.pathFrom, withQuery ? target.to : target.pathEnd());
  };
}

/** First value of Host and the path. */
function baseFetcher(withQuery: boolean): Fetcher {
  const target = new Target();
  const walk = new ElementWalk();
  const bare = pathFetcher(withQuery);
  return (ctx) => {
    if (!walk.start(request, ctx, HOST)) return null;
    if (!walk.next() || walk.from === walk.to) return bare(ctx);
    const host = walk.value;
    if (!target.start(ctx) || !target.findPath()) return host;
    return host + target.text(target.pathFrom, withQuery ? target.to : target.pathEnd());
  };
}

/** Hash of what base or baseq is made of, without building it. */
function hashOf(ctx: SampleContext, walk: ElementWalk | HeaderWalk, target: Target, withQuery: boolean): number {
  let hash = 0;
  if (!walk.start(request, ctx, HOST)) return -1;
  if (walk.next()) {
    const { buf, to } = walk;
    for (let p = walk.from; p < to; p++) hash = (buf[p]! + Math.imul(hash, 65599)) | 0;
  }
  if (target.start(ctx) && target.findPath()) {
    const { buf } = target;
    const to = withQuery ? target.to : target.pathEnd();
    for (let p = target.pathFrom; p < to; p++) hash = (buf[p]! + Math.imul(hash, 65599)) | 0;
  }
  return avalanche(hash >>> 0);
}

/** base32 takes the first value of Host, url32 the whole header. */
function hostWalk(withQuery: boolean): ElementWalk | HeaderWalk {
  return withQuery ? new HeaderWalk() : new ElementWalk();
}

function hashFetcher(withQuery: boolean): Fetcher {
  const target = new Target();
  const walk = hostWalk(withQuery);
  return (ctx) => {
    const hash = hashOf(ctx, walk, target, withQuery);
    return hash < 0 ? null : hash;
  };
}

/** The hash and the source address behind it. */
function hashSourceFetcher(withQuery: boolean): Fetcher {
  const target = new Target();
  const walk = hostWalk(withQuery);
  return (ctx) => {
    const hash = hashOf(ctx, walk, target, withQuery);
    const { source } = ctx;
    if (hash < 0 || source === null) return null;
    return String.fromCharCode(hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255, hash & 255, ...source);
  };
}

/** Address and port of an absolute target whose authority is an IPv4 address: HAProxy looks at no other, and resolves no names. */
function authority(target: Target): { readonly address: Uint8Array; readonly port: number } | null {
  const text = latin1(target.buf, target.from, Math.min(target.to, target.from + 1024));
  const scheme = text.indexOf("://");
  if (scheme < 0) return null;
  const at = scheme + 3;
  const match = /^[0-9.]+/.exec(text.slice(at));
  const address = match === null ? null : parseIp(match[0]);
  if (address === null) return null;
  const port = /^:(\d+)/.exec(text.slice(at + match![0].length));
  const fallback = text.slice(0, scheme).toLowerCase() === "https" ? 443 : 80;
  return { address, port: port === null ? fallback : Number(port[1]) & 0xffff };
}

export const urlFetches: readonly FetchRow[] = [
  row("path", "str", "Path of the request, without its query", () => pathFetcher(false)),
  row("pathq", "str", "Path of the request with its query", () => pathFetcher(true)),
  row("query", "str", "What follows the first '?' of the request target", () => {
    const target = new Target();
    return (ctx) => {
      if (!target.start(ctx)) return null;
      const { buf, to } = target;
      for (let p = target.from; p < to; p++) if (buf[p] === 63) return latin1(buf, p + 1, to);
      return null;
    };
  }),
  row("url", "str", "Request target as the request line has it", () => {
    const target = new Target();
    return (ctx) => (target.start(ctx) ? target.text(target.from, target.to) : null);
  }),
  row(
    "url_ip",
    "addr",
    "Address in an absolute request target",
    () => {
      const target = new Target();
      return (ctx) => (target.start(ctx) ? (authority(target)?.address ?? null) : null);
    },
    "ipv4",
  ),
  row("url_port", "sint", "Port in an absolute request target, 80 or 443 when it has none", () => {
    const target = new Target();
    return (ctx) => (target.start(ctx) ? (authority(target)?.port ?? null) : null);
  }),
  row("base", "str", "First Host value and the path, without its query", () => baseFetcher(false)),
  row("baseq", "str", "First Host value and the path with its query", () => baseFetcher(true)),
  row("base32", "sint", "32-bit hash of base", () => hashFetcher(false)),
  row("base32+src", "bin", "base32 and the source address: 8 or 20 bytes", () => hashSourceFetcher(false)),
  row("url32", "sint", "32-bit hash of baseq", () => hashFetcher(true)),
  row("url32+src", "bin", "url32 and the source address: 8 or 20 bytes", () => hashSourceFetcher(true)),
];
