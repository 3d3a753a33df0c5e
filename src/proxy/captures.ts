import type { CaptureModel, ProxyModel } from "../config/model.ts";

/** One slot. */
export interface CaptureSlot {
  /** Lower case; null = only rules fill it. */
  readonly name: Uint8Array | null;
  readonly len: number;
}

/** What the streams of a frontend keep for its log lines (manual, section 8.8). */
export interface Captures {
  readonly request: readonly CaptureSlot[];
  readonly response: readonly CaptureSlot[];
  /** What "name=value" of a cookie has to start with, and how much of it is kept. */
  readonly cookie: { readonly start: string; readonly len: number } | null;
}

/** Null when the frontend keeps nothing, so that this costs its streams one comparison. */
export function compileCaptures(
  proxy: Pick<ProxyModel, "requestCaptures" | "responseCaptures" | "captureCookie">,
): Captures | null {
  const { requestCaptures: request, responseCaptures: response, captureCookie: cookie } = proxy;
  if (request.length + response.length === 0 && cookie === null) return null;
  return {
    request: request.map(slot),
    response: response.map(slot),
    cookie: cookie === null ? null : { start: cookie.name, len: cookie.len },
  };
}

function slot({ header, len }: CaptureModel): CaptureSlot {
  return { name: header === null ? null : Buffer.from(header, "latin1"), len };
}
