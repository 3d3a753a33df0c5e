/** Why a message was refused: stable numbers for the data path, stable names for `reason=` in logs. */
const rows = [
  /** Malformed (RFC 9113 section 8.1.1): a stream error of type PROTOCOL_ERROR. */
  ["BAD_FIELD_NAME", -200, "h2-bad-field-name"],
  ["BAD_FIELD_VALUE", -201, "h2-bad-field-value"],
  ["CONNECTION_FIELD", -202, "h2-connection-field"],
  ["BAD_TE", -203, "h2-bad-te"],
  ["PSEUDO_AFTER_FIELD", -204, "h2-pseudo-after-field"],
  ["UNKNOWN_PSEUDO", -205, "h2-unknown-pseudo"],
  ["DUPLICATE_PSEUDO", -206, "h2-duplicate-pseudo"],
  ["MISSING_PSEUDO", -207, "h2-missing-pseudo"],
  ["UNEXPECTED_PSEUDO", -208, "h2-unexpected-pseudo"],
  ["BAD_METHOD", -209, "h2-bad-method"],
  ["BAD_SCHEME", -210, "h2-bad-scheme"],
  ["BAD_AUTHORITY", -211, "h2-bad-authority"],
  ["BAD_PATH", -212, "h2-bad-path"],
  ["BAD_STATUS", -213, "h2-bad-status"],
  ["PSEUDO_IN_TRAILERS", -214, "h2-pseudo-in-trailers"],
  ["BAD_LENGTH", -215, "h2-bad-length"],
  /** The list of fields is larger than the head may be. */
  ["TOO_LARGE", -216, "h2-head-too-large"],
] as const;

type Key = (typeof rows)[number][0];

/** The codes by symbolic name; all negative and apart from those of h1. */
export const H2Error: { readonly [K in Key]: Extract<(typeof rows)[number], readonly [K, ...unknown[]]>[1] } =
  Object.fromEntries(rows.map((row) => [row[0], row[1]])) as never;

const names = new Map<number, string>(rows.map((row) => [row[1], row[2]]));

/** The stable name of a code, e.g. "h2-bad-path". */
export function messageErrorName(code: number): string {
  return names.get(code) ?? "h2-unknown";
}
