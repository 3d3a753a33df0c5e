import type { Format } from "./native.ts";

/** A row of `compression algo`. */
export interface Algorithm {
  /** As configured. */
  readonly name: CompressionName;
  /** The content coding (RFC 9110 section 8.4.1), as Accept-Encoding asks for it and Content-Encoding names it. */
  readonly token: string;
  /** null: the payload stays as it is. */
  readonly format: Format | null;
}

export type CompressionName = "identity" | "gzip" | "deflate" | "raw-deflate" | "br" | "zstd";

function row(name: CompressionName, token: string, format: Format | null): Algorithm {
  return { name, token, format };
}

export const algorithms = {
  identity: row("identity", "identity", null),
  gzip: row("gzip", "gzip", "gzip"),
  // RFC 9110 section 8.4.1.2: "deflate" is the zlib format; some senders leave the wrapper out, and many receivers take that too.
  deflate: row("deflate", "deflate", "zlib"),
  "raw-deflate": row("raw-deflate", "deflate", "raw"),
  // RFC 7932 and RFC 8878; HAProxy has neither.
  br: row("br", "br", "brotli"),
  zstd: row("zstd", "zstd", "zstd"),
} as const satisfies Record<CompressionName, Algorithm>;

export const compressionNames: readonly CompressionName[] = Object.keys(algorithms) as CompressionName[];
