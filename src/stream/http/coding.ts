/** Content codings: what a proxy is configured to apply, and which of them a client takes (RFC 9110 sections 8.4 and 12.5.3). */
import { type Algorithm, algorithms } from "../../codec/compress/algorithms.ts";
import type { CompressionModel, CompressionSideModel } from "../../config/model.ts";

export interface CodingSettings {
  /** In the order of preference; null = this side of the proxy compresses nothing. */
  readonly algorithms: readonly Algorithm[] | null;
  /** Beginnings of content types, lower case; null = all. */
  readonly types: readonly string[] | null;
  readonly minSize: number;
}

export interface CompressionSettings {
  readonly request: CodingSettings;
  readonly response: CodingSettings;
  readonly offload: boolean;
}

function side({ enabled, algorithms: names, types, minSize }: CompressionSideModel): CodingSettings {
  return {
    algorithms: enabled && names.length > 0 ? names.map((name) => algorithms[name]) : null,
    types: enabled && types.length > 0 ? types : null,
    minSize: enabled ? minSize : 0,
  };
}

export function compileCompression(model: CompressionModel | null): CompressionSettings | null {
  if (model === null) return null;
  return { request: side(model.request), response: side(model.response), offload: model.offload };
}

/** A token with the weight behind it: `gzip;q=0.5`, blanks around it left out. */
const ELEMENT = /^([!#$%&'*+.^_`|~0-9A-Za-z-]*)((?:[ \t]*;(?![ \t]*q=)[^;]*)*)(?:[ \t]*;[ \t]*q=([^;]*))?/;

/**
 * The algorithm a client likes best, null when there is none. `values`: those of its Accept-Encoding headers. As in HAProxy, of two
 * with the same weight the one named first wins, and `*` stands for the first of `offered`.
 */
export function acceptedCoding(values: readonly string[], offered: readonly Algorithm[]): Algorithm | null {
  let best: Algorithm | null = null;
  let bestWeight = 0;
  for (const value of values) {
    for (const element of value.split(",")) {
      const text = element.trim();
      const match = ELEMENT.exec(text);
      const token = match?.[1] ?? "";
      const weight = match?.[3] === undefined ? 1000 : weightOf(match[3]);
      if (weight <= bestWeight) continue;
      const found = text.startsWith("*") ? offered[0] : offered.find((row) => row.token === token.toLowerCase());
      if (found === undefined) continue;
      best = found;
      bestWeight = weight;
    }
  }
  return best;
}

/** In thousandths; anything that is no number counts as 1. */
function weightOf(text: string): number {
  const match = /^(\d)(?:\.(\d{0,3}))?/.exec(text);
  if (match === null) return 1000;
  return Math.min(1000, Number(match[1]) * 1000 + Number((match[2] ?? "").padEnd(3, "0")));
}

/** Old browsers that say they take codings and do not: "Mozilla/4" unless it is MSIE 6 with SP2, or MSIE 7 and later. */
export function brokenBrowser(agent: string): boolean {
  if (!agent.startsWith("Mozilla/4")) return false;
  if (agent.length < 31 || agent.slice(25, 30) !== "MSIE ") return true;
  const version = agent.charAt(30);
  return version < "6" || (version === "6" && (agent.length < 54 || agent.slice(51, 54) !== "SV1"));
}

/** An entity tag (RFC 9110 section 8.8.3). */
export function etagKind(text: string): "strong" | "weak" | "invalid" {
  if (!text.endsWith('"')) return "invalid";
  if (text.length > 1 && text.startsWith('"')) return "strong";
  return text.startsWith('W/"') ? "weak" : "invalid";
}

/** The message may be coded by its type; `type` null = it has none, which is enough where none is asked for. */
export function typeAllowed(type: string | null, types: readonly string[] | null): boolean {
  if (type === null) return types === null;
  const text = type.toLowerCase();
  if (text.startsWith("multipart")) return false;
  return types === null || types.some((start) => text.startsWith(start));
}
