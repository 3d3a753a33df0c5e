/** Text to bytes and back for IP addresses and networks. */

/** 4 or 16 bytes in network order; null when the text is no address. IPv4-mapped IPv6 stays IPv6; a zone is dropped. */
export function parseIp(text: string): Uint8Array | null {
  if (text.includes(":")) return parseIp6(text);
  return parseIp4(text);
}

function parseIp4(text: string): Uint8Array | null {
  const out = new Uint8Array(4);
  let at = 0;
  let value = -1;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 46) {
      if (value < 0 || at === 3) return null;
      out[at++] = value;
      value = -1;
    } else if (c >= 48 && c <= 57) {
      value = (value < 0 ? 0 : value * 10) + c - 48;
      if (value > 255) return null;
    } else {
      return null;
    }
  }
  if (value < 0 || at !== 3) return null;
  out[3] = value;
  return out;
}

/** RFC 4291 section 2.2: groups of 1 to 4 hexadecimal digits, one "::" for a run of zeros, the last 32 bits perhaps as IPv4. */
function parseIp6(text: string): Uint8Array | null {
  const zone = text.indexOf("%");
  const end = zone < 0 ? text.length : zone;
  const out = new Uint8Array(16);
  let size = 0;
  /** Where the run of zeros belongs, -1 = there is none. */
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON || end < 2) return null;
    gap = 0;
    at = 2;
  }
  while (at < end) {
    let value = 0;
    const start = at;
    let c = 0;
    for (; at < end && at - start < 5; at++) {
      c = text.charCodeAt(at);
      const digit = hexDigit(c);
      if (digit < 0) break;
      value = value * 16 + digit;
    }
    if (at < end && c === DOT) {
      const four = size > 12 ? null : parseIp4(text.slice(start, end));
      if (four === null) return null;
      out.set(four, size);
      size += 4;
      at = end;
      break;
    }
    if (at === start || at - start > 4 || size === 16) return null;
    out[size++] = value >> 8;
    out[size++] = value & 255;
    if (at === end) break;
    if (c !== COLON) return null;
    at++;
    if (at < end && text.charCodeAt(at) === COLON) {
      if (gap >= 0) return null;
      gap = size;
      at++;
    } else if (at === end) return null;
  }
  if (gap < 0) return size === 16 ? out : null;
  // "::" stands for one group at least.
  if (size > 14) return null;
  out.copyWithin(gap + 16 - size, gap, size);
  out.fill(0, gap, gap + 16 - size);
  return out;
}

const COLON = 58;
const DOT = 46;

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** A network such as "10.0.0.0/8", "192.0.2.1" or "2001:db8::/32". */
export class Network {
  private constructor(
    private readonly bytes: Uint8Array,
    private readonly bits: number,
  ) {}

  /** Null when the text is not a network. IPv4 masks may be written as "/255.0.0.0". */
  static parse(text: string): Network | null {
    const slash = text.indexOf("/");
    const bytes = parseIp(slash < 0 ? text : text.slice(0, slash));
    if (bytes === null) return null;
    if (slash < 0) return new Network(bytes, bytes.length * 8);
    const mask = text.slice(slash + 1);
    const dotted = mask.includes(".") ? parseIp(mask) : null;
    const bits = dotted === null ? (/^\d+$/.test(mask) ? Number(mask) : -1) : maskBits(dotted);
    return bits < 0 || bits > bytes.length * 8 ? null : new Network(bytes, bits);
  }

  contains(address: Uint8Array): boolean {
    const { bytes, bits } = this;
    if (address.length !== bytes.length) return false;
    const whole = bits >> 3;
    for (let i = 0; i < whole; i++) if (address[i] !== bytes[i]) return false;
    const rest = bits & 7;
    return rest === 0 || ((address[whole]! ^ bytes[whole]!) & (0xff00 >> rest) & 0xff) === 0;
  }
}

function maskBits(mask: Uint8Array): number {
  let bits = 0;
  let open = true;
  for (const byte of mask) {
    for (let bit = 7; bit >= 0; bit--) {
      const set = (byte >> bit) & 1;
      if (set && !open) return -1;
      if (set) bits++;
      else open = false;
    }
  }
  return bits;
}
