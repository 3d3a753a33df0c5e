import { compressionNames, type CompressionName } from "../../codec/compress/algorithms.ts";
import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import type { GlobalContext, ProxyContext } from "../context.ts";
import type { Draft, ProxyDraft } from "../draft.ts";
import type { CompressionModel, CompressionSideModel } from "../model.ts";
import { takeChoice, takeInteger, takeSize } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";
import { BOTH, PROXY_ONLY } from "./where.ts";

type CompressionDraft = Omit<Draft<CompressionModel>, "request" | "response"> & {
  request: CompressionSideModel;
  response: CompressionSideModel;
};
type Side = "request" | "response";

const DIRECTIONS = ["request", "response", "both"] as const;

/** What stands behind `compression`. */
const PARTS: Readonly<Record<string, (c: ProxyContext, draft: CompressionDraft, args: Args) => void>> = {
  algo: (_, draft, args) => addAlgorithms(draft, args),
  "algo-res": (_, draft, args) => addAlgorithms(draft, args),
  "algo-req": (_, draft, args) => {
    const name = takeAlgorithm(args);
    if (name !== null) draft.request = { ...draft.request, algorithms: [name] };
  },
  type: (_, draft, args) => addTypes(draft, "response", args),
  "type-res": (_, draft, args) => addTypes(draft, "response", args),
  "type-req": (_, draft, args) => addTypes(draft, "request", args),
  "minsize-res": (_, draft, args) => setMinimum(draft, "response", args),
  "minsize-req": (_, draft, args) => setMinimum(draft, "request", args),
  offload: (c, draft, args) => {
    if (c.proxy.kind === "defaults") {
      args.warn("config/ignored-here", args.words[args.index - 1]!, "'compression offload' is ignored in 'defaults'");
    } else {
      draft.offload = true;
    }
    args.ignoreRest();
  },
  direction: (_, draft, args) => {
    const direction = takeChoice(args, DIRECTIONS);
    if (direction === null) return;
    draft.request = { ...draft.request, enabled: direction !== "response" };
    draft.response = { ...draft.response, enabled: direction !== "request" };
  },
};

function takeAlgorithm(args: Args): CompressionName | null {
  return takeChoice(args, compressionNames, "an algorithm:");
}

function addAlgorithms(draft: CompressionDraft, args: Args): void {
  do {
    const name = takeAlgorithm(args);
    if (name === null) return void args.rest();
    // The last one comes first, as in HAProxy: what `*` and a missing header choose.
    const others = draft.response.algorithms.filter((other) => other !== name);
    draft.response = { ...draft.response, algorithms: [name, ...others] };
  } while (!args.done);
}

function addTypes(draft: CompressionDraft, side: Side, args: Args): void {
  do {
    const type = args.take("a content type such as text/html");
    if (type === null) return;
    draft[side] = { ...draft[side], types: [...draft[side].types, type.text.toLowerCase()] };
  } while (!args.done);
}

function setMinimum(draft: CompressionDraft, side: Side, args: Args): void {
  const minSize = takeSize(args);
  if (minSize !== null) draft[side] = { ...draft[side], minSize };
}

/** `comp-req` and `comp-res` say the direction themselves. */
function directed(proxy: ProxyDraft): CompressionModel {
  const { request, response, offload } = compressionOf(proxy);
  return {
    request: { ...request, enabled: proxy.marks.has("own filter comp-req") },
    response: { ...response, enabled: proxy.marks.has("own filter comp-res") },
    offload,
  };
}

function compressionOf(proxy: ProxyDraft): CompressionDraft {
  const side: CompressionSideModel = { enabled: false, algorithms: [], types: [], minSize: 0 };
  const before = proxy.compression ?? { request: side, response: { ...side, enabled: true }, offload: false };
  return { ...before };
}

/** Marks of `filter cache`, with the name behind. */
export const CACHE_FILTER = "own filter cache ";

export const compressionKeywords: readonly Keyword<ProxyContext>[] = [
  {
    name: "compression",
    where: BOTH,
    usage:
      "{algo | algo-req | algo-res} <algorithm>... | {type | type-req | type-res} <type>... | {minsize-req | minsize-res} <size> | " +
      "offload | direction {request | response | both}",
    help: `Compress bodies on the way: ${compressionNames.join(", ")}`,
    parse: (c, args) => {
      const names = Object.keys(PARTS) as (keyof typeof PARTS)[];
      const part = takeChoice(args, names);
      if (part === null) return void args.rest();
      const draft = compressionOf(c.proxy);
      const { keyword } = args;
      const own = args.sub(keyword, `compression ${part}`, "");
      PARTS[part]!(c, draft, own);
      args.index = own.index;
      c.proxy.compression = draft;
      c.proxy.marks.set("own compression", keyword);
    },
  },
  {
    name: "filter",
    where: PROXY_ONLY,
    misplaced: "error",
    usage: "compression | comp-req | comp-res | cache <name>",
    help: "Compress requests, responses or, with compression, what direction says; caches store what is not compressed",
    parse: (c, args) => {
      const name = args.take("the name of a filter");
      if (name === null) return;
      if (name.text === "cache") {
        declareCache(c.proxy, args, name);
        return;
      }
      if (OTHER_FILTERS.has(name.text)) {
        args.error("config/not-supported", name, `'filter ${name.text}' is known to HAProxy, not supported yet`);
        args.rest();
        return;
      }
      if (!COMPRESSION_FILTERS.has(name.text)) {
        args.error("config/bad-value", name, `there is no filter '${name.text}'`, [...COMPRESSION_FILTERS].join(", "));
        args.rest();
        return;
      }
      const mark = `own filter ${name.text}`;
      if (c.proxy.marks.has(mark)) {
        args.error(
          "config/bad-value",
          name,
          `'filter ${name.text}' is already there`,
          "one filter of a kind is enough",
        );
      }
      c.proxy.marks.set(mark, name);
      if (name.text === "compression") {
        args.warn("config/no-effect", name, "'filter compression' has no effect: compression needs no filter line");
      } else {
        c.proxy.compression = directed(c.proxy);
      }
    },
  },
];

/** `filter cache <name>`: its place is the only one there is, before compression (checks/caches.ts). */
function declareCache({ marks }: ProxyDraft, args: Args, keyword: Word): void {
  const name = args.take("the name of a cache section");
  if (name === null) return;
  const mark = `${CACHE_FILTER}${name.text}`;
  if (marks.has(mark)) args.error("config/bad-value", name, `'filter cache ${name.text}' is already there`);
  marks.set(mark, name);
  args.warn(
    "config/no-effect",
    keyword,
    "'filter cache' has no effect: a cache stores what it stores before compression",
  );
}

const COMPRESSION_FILTERS: ReadonlySet<string> = new Set(["compression", "comp-req", "comp-res"]);
const OTHER_FILTERS: ReadonlySet<string> = new Set([
  "bwlim-in",
  "bwlim-out",
  "fcgi-app",
  "opentracing",
  "spoe",
  "trace",
]);

type GlobalField =
  | "compressionLevel"
  | "compressionMemLevel"
  | "compressionWindowBits"
  | "compressionMaxRate"
  | "compressionMaxCpu"
  | "compressionMaxMemory";

function setting(
  name: string,
  field: GlobalField,
  help: string,
  min: number,
  max: number,
  factor = 1,
): Keyword<GlobalContext> {
  return {
    name,
    where: ["global"],
    usage: "<number>",
    help,
    parse: (c, args) => {
      const value = takeInteger(args, { min, max, lax: true });
      if (value !== null) c.global[field] = value * factor;
    },
  };
}

export const globalCompressionKeywords: readonly Keyword<GlobalContext>[] = [
  setting("maxcomprate", "compressionMaxRate", "Kilobytes a second that are compressed at most", 0, 2097151, 1024),
  setting("maxcompcpuusage", "compressionMaxCpu", "Percent of CPU above which nothing more is compressed", 0, 100),
  setting("maxzlibmem", "compressionMaxMemory", "Megabytes of memory of the compressors", 0, 2047, 1 << 20),
  setting("tune.comp.maxlevel", "compressionLevel", "Compression level", 1, 9),
  setting("tune.zlib.memlevel", "compressionMemLevel", "Memory of a zlib context, as zlib counts it", 1, 9),
  setting("tune.zlib.windowsize", "compressionWindowBits", "Window of a zlib context, as a power of two", 8, 15),
];
