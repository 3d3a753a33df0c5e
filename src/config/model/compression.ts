import type { CompressionName } from "../../codec/compress/algorithms.ts";

/** What is compressed of a proxy's traffic; a backend's settings come before those of the frontend. */
export interface CompressionModel {
  readonly request: CompressionSideModel;
  readonly response: CompressionSideModel;
  /** Servers are not told what clients accept. */
  readonly offload: boolean;
}

/** Compression of requests, or of responses. */
export interface CompressionSideModel {
  /** By `direction`. */
  readonly enabled: boolean;
  /** The first one that fits is taken. */
  readonly algorithms: readonly CompressionName[];
  /** Beginnings of content types, lower case; empty = all. */
  readonly types: readonly string[];
  /** Bytes; shorter bodies of known length stay as they are. */
  readonly minSize: number;
}
