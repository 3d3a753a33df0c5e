/** Byte classes of the C locale, which is what the configuration language is defined in. */

/** Space, tab, LF, VT, FF, CR. */
export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isAlpha(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/** A byte that may continue the name of an environment variable. */
export function isNameByte(code: number): boolean {
  return isAlpha(code) || isDigit(code) || code === 95;
}

/** Value of a hexadecimal digit, -1 for any other byte (or NaN past the end of a text). */
export function hexValue(code: number): number {
  if (isDigit(code)) return code - 48;
  if (code >= 65 && code <= 70) return code - 55;
  if (code >= 97 && code <= 102) return code - 87;
  return -1;
}
