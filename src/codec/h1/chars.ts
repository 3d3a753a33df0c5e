/** Byte classes of RFC 9110 section 5.6.2 and RFC 9112 section 3, as tables indexed by byte. */

/** A token byte maps to its lower case, every other byte to 0. */
export const LOWER: Uint8Array = new Uint8Array(256);
/** 1 for bytes HAProxy accepts in a request target without option accept-invalid-http-request: 33..126 but "#". */
export const TARGET: Uint8Array = new Uint8Array(256);
/** 1 for bytes that may stand in a protocol version: upper-case letters, digits, "." and "/". */
export const VERSION: Uint8Array = new Uint8Array(256);
/** The value of a hexadecimal digit, 255 for every other byte. */
export const HEX: Uint8Array = new Uint8Array(256).fill(255);

// RFC 9110 section 5.6.2: tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
for (const c of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") LOWER[c.charCodeAt(0)] = c.charCodeAt(0);
for (let c = 65; c <= 90; c++) LOWER[c] = c + 32;
for (let c = 33; c <= 126; c++) TARGET[c] = c === 35 ? 0 : 1;
for (let c = 65; c <= 90; c++) VERSION[c] = 1;
for (let c = 46; c <= 57; c++) VERSION[c] = 1;
for (let c = 0; c < 10; c++) HEX[48 + c] = c;
for (let c = 0; c < 6; c++) HEX[65 + c] = HEX[97 + c] = 10 + c;
