/**
 * The verdicts of the HTTP/1 byte machines: stable numbers for the data path, stable names for `reason=` in logs.
 *
 * Parsers return a positive offset when a message part is complete, `NEED_MORE` when the input ends too early, and one of
 * the negative codes below when the input is refused. The numbers are for comparison inside one process only; the
 * names are the contract: they never change and are never reused.
 */

/** The input is a valid prefix; call again with more bytes. */
export const NEED_MORE = 0;

/** Every refusal: code, name, and the status HAProxy 2.6 answers to a client (a bad response is always 502). */
const rows = [
  ["BAD_METHOD", -1, "h1-bad-method", 400],
  ["BAD_TARGET", -2, "h1-bad-target", 400],
  ["BAD_VERSION", -3, "h1-bad-version", 400],
  ["BAD_LINE_END", -4, "h1-bad-line-end", 400],
  ["BAD_HEADER_NAME", -5, "h1-bad-header-name", 400],
  ["EMPTY_HEADER_NAME", -6, "h1-empty-header-name", 400],
  ["BARE_CR", -7, "h1-bare-cr", 400],
  ["TOO_MANY_HEADERS", -8, "h1-too-many-headers", 400],
  ["HEAD_TOO_LARGE", -9, "h1-head-too-large", 400],
  ["DUPLICATE_HOST", -10, "h1-duplicate-host", 400],
  ["BAD_HOST", -11, "h1-bad-host", 400],
  ["BAD_CONTENT_LENGTH", -12, "h1-bad-content-length", 400],
  ["CONFLICTING_LENGTH", -13, "h1-conflicting-length", 400],
  ["BAD_TRANSFER_ENCODING", -14, "h1-bad-transfer-encoding", 400],
  ["UNSUPPORTED_CODING", -15, "h1-unsupported-coding", 422],
  ["HTTP09", -16, "h1-http09", 400],
  ["PRI_METHOD", -17, "h1-pri-method", 400],
  ["BAD_AUTHORITY", -18, "h1-bad-authority", 400],
  ["WEBSOCKET_KEY", -19, "h1-websocket-key", 400],
  ["BAD_STATUS", -20, "h1-bad-status", 502],
  ["BAD_CHUNK_SIZE", -21, "h1-bad-chunk-size", 400],
  ["CHUNK_OVERFLOW", -22, "h1-chunk-overflow", 400],
  ["CHUNK_LINE_END", -23, "h1-chunk-line-end", 400],
  ["BAD_TRAILER", -24, "h1-bad-trailer", 400],
  ["TRAILERS_TOO_LARGE", -25, "h1-trailers-too-large", 400],
  ["PAYLOAD_IN_HTTP10", -26, "h1-payload-in-http10", 413],
  ["BAD_HEADER_VALUE", -27, "h1-bad-header-value", 400],
] as const;

/** Not a refusal: the client speaks HTTP/2 with prior knowledge; all 24 bytes of the preface are in the buffer. */
export const H2_PREFACE = -100;

type ErrorKey = (typeof rows)[number][0];

/** The codes by symbolic name, for comparison: `code === H1Error.BAD_HOST`. */
export const H1Error: { readonly [K in ErrorKey]: Extract<(typeof rows)[number], readonly [K, ...unknown[]]>[1] } =
  Object.fromEntries(rows.map((row) => [row[0], row[1]])) as never;

const names: readonly string[] = ["", ...rows.map((row) => row[2])];
const statuses: readonly number[] = [0, ...rows.map((row) => row[3])];

/** The stable name of a negative parser result, e.g. "h1-bad-host". */
export function errorName(code: number): string {
  return code === H2_PREFACE ? "h2-preface" : (names[-code] ?? "h1-unknown");
}

/** The status HAProxy answers when a *request* is refused with `code`; a refused response is always a 502. */
export function errorStatus(code: number): number {
  return statuses[-code] ?? 400;
}

/** All stable names, in the order of their codes; for documentation and the uniqueness test. */
export const errorNames: readonly string[] = names.slice(1);
