/** Why a header block was refused. Each is a connection error of type COMPRESSION_ERROR (RFC 9113 section 4.3). */
const rows = [
  ["TRUNCATED", -1, "hpack-truncated"],
  ["INTEGER_OVERFLOW", -2, "hpack-integer-overflow"],
  ["BAD_INDEX", -3, "hpack-bad-index"],
  ["BAD_HUFFMAN", -4, "hpack-bad-huffman"],
  ["SIZE_UPDATE_TOO_LARGE", -5, "hpack-size-update-too-large"],
  ["SIZE_UPDATE_MISPLACED", -6, "hpack-size-update-misplaced"],
  ["SIZE_UPDATE_MISSING", -7, "hpack-size-update-missing"],
] as const;

type Key = (typeof rows)[number][0];

/** The codes by symbolic name; all negative, so that an offset and an error fit in one number. */
export const HpackError: { readonly [K in Key]: Extract<(typeof rows)[number], readonly [K, ...unknown[]]>[1] } =
  Object.fromEntries(rows.map((row) => [row[0], row[1]])) as never;

const names: readonly string[] = ["", ...rows.map((row) => row[2])];

/** The stable name of a code. */
export function hpackErrorName(code: number): string {
  return names[-code] ?? "hpack-unknown";
}
