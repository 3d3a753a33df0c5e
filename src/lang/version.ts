/** Version numbers as the predicates of conditional blocks compare them (manual section 2.4). */

/** Major, minor, patch, pre-release (Infinity for a release), commits after it. */
type Parts = [number, number, number, number, number];

/**
 * Reads `A[.B[.C]][-devN][-N]`; what is missing is zero, reading stops at the first byte that does not fit, and a
 * text without any number is version 0, as in HAProxy.
 */
function parseVersion(text: string): Parts {
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-dev(\d+))?(?:-(\d+))?/.exec(text);
  if (match === null) return [0, 0, 0, Infinity, 0];
  const number = (index: number): number => Number(match[index] ?? 0);
  return [number(1), number(2), number(3), match[4] === undefined ? Infinity : number(4), number(5)];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** Negative when `a` is older than `b`, 0 when equal, positive when newer. */
export function compareVersions(a: string, b: string): number {
  return compare(parseVersion(a), parseVersion(b));
}

/** OpenSSL's `A.B.C[letter][-preN]`; null when it is not one. A pre-release is older than its release. */
function parseOpenssl(text: string): number[] | null {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?([a-z]?)(?:-(?:pre|alpha|beta|dev)(\d*))?$/.exec(text);
  if (match === null) return null;
  const letter = match[4] === "" ? 0 : match[4]!.charCodeAt(0) - 96;
  const release = match[5] === undefined ? Infinity : Number(match[5]);
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0), letter, release];
}

/** As compareVersions; null when either text is no OpenSSL version. */
export function compareOpensslVersions(a: string, b: string): number | null {
  const left = parseOpenssl(a);
  const right = parseOpenssl(b);
  return left === null || right === null ? null : compare(left, right);
}
