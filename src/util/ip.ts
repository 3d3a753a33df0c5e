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

function parseIp6(text: string): Uint8Array | null {
  const zone = text.indexOf("%");
  const halves = (zone < 0 ? text : text.slice(0, zone)).split("::");
  if (halves.length > 2) return null;
  const left = groups(halves[0]!);
  const right = halves.length === 2 ? groups(halves[1]!) : [];
  if (left === null || right === null) return null;
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const words = [...left, ...new Array<number>(missing).fill(0), ...right];
  const out = new Uint8Array(16);
  words.forEach((word, i) => {
    out[2 * i] = word >> 8;
    out[2 * i + 1] = word & 255;
  });
  return out;
}

function groups(text: string): number[] | null {
  if (text === "") return [];
  const out: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (part.includes(".")) {
      const four = i === parts.length - 1 ? parseIp4(part) : null;
      if (four === null) return null;
      out.push((four[0]! << 8) | four[1]!, (four[2]! << 8) | four[3]!);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      out.push(Number.parseInt(part, 16));
    }
  }
  return out;
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
