/** DNS messages (RFC 1035 section 4), as far as a client that asks for addresses needs them. */

export const TYPE_A = 1;
const TYPE_CNAME = 5;
export const TYPE_AAAA = 28;
const TYPE_OPT = 41;
const CLASS_IN = 1;
/** Aliases behind one another; more are a loop. */
const MAX_ALIASES = 16;

export type AddressType = typeof TYPE_A | typeof TYPE_AAAA;

/** What an answer says: addresses, or why there are none. */
export type Outcome =
  | { readonly kind: "valid"; readonly addresses: readonly Uint8Array[] }
  /** The name is not there (NXDOMAIN); or it is, without addresses of this family. */
  | { readonly kind: "nx" | "empty" }
  /** Refused, truncated, another error, or not to be understood: another try may help. */
  | { readonly kind: "refused" | "truncated" | "other" };

/**
 * A name as it is asked for: in lower case, without the dot at its end. Null when it is none: HAProxy asks for names of letters, digits,
 * "-" and "_" only (RFC 1035 section 2.3.4: 63 bytes a label, 255 in all).
 */
export function hostName(text: string): string | null {
  const name = (text.endsWith(".") ? text.slice(0, -1) : text).toLowerCase();
  if (name.length === 0 || name.length > 253) return null;
  return /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name) ? name : null;
}

/** A question, with the size of answers that are taken (RFC 6891 section 6.1.2). `name` as `hostName` returns it. */
export function encodeQuestion(id: number, name: string, type: AddressType, payloadSize: number): Buffer {
  const out = Buffer.alloc(12 + name.length + 2 + 4 + 11);
  out.writeUInt16BE(id, 0);
  // Recursion desired.
  out.writeUInt16BE(0x0100, 2);
  out.writeUInt16BE(1, 4);
  out.writeUInt16BE(1, 10);
  let at = 12;
  for (const label of name.split(".")) {
    out[at++] = label.length;
    at += out.write(label, at, "latin1");
  }
  out[at++] = 0;
  at = out.writeUInt16BE(type, at);
  at = out.writeUInt16BE(CLASS_IN, at);
  // The root, OPT, the size, no extended flags, no options.
  out[at++] = 0;
  at = out.writeUInt16BE(TYPE_OPT, at);
  out.writeUInt16BE(payloadSize, at);
  return out;
}

/** The id of a message, -1 when it is too short to be one. */
export function messageId(message: Uint8Array): number {
  return message.length < 12 ? -1 : (message[0]! << 8) | message[1]!;
}

/** What a message answers to the question; null when it is no answer to it, and must be ignored. */
export function decodeAnswer(message: Uint8Array, name: string, type: AddressType): Outcome | null {
  const reader = new Reader(message);
  try {
    return reader.answer(name, type);
  } catch (error) {
    if (error instanceof Malformed) return reader.asked ? { kind: "other" } : null;
    throw error;
  }
}

class Malformed extends Error {}

class Reader {
  /** The question was found to be ours. */
  asked = false;
  private at = 12;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  answer(name: string, type: AddressType): Outcome | null {
    if (this.bytes.length < 12) return null;
    const flags = this.view.getUint16(2);
    // QR: a response, with one question.
    if ((flags & 0x8000) === 0 || this.view.getUint16(4) !== 1) return null;
    if (this.name() !== name || this.word() !== type || this.word() !== CLASS_IN) return null;
    this.asked = true;
    if ((flags & 0x0200) !== 0) return { kind: "truncated" };
    const code = flags & 15;
    if (code === 3) return { kind: "nx" };
    if (code === 5) return { kind: "refused" };
    if (code !== 0) return { kind: "other" };
    return this.records(name, type);
  }

  private records(name: string, type: AddressType): Outcome {
    const aliases = new Map<string, string>();
    const found: { owner: string; address: Uint8Array }[] = [];
    for (let left = this.view.getUint16(6); left > 0; left--) {
      const owner = this.name();
      const kind = this.word();
      const inClass = this.word() === CLASS_IN;
      // The time to live: how long an answer is kept is configured.
      this.skip(4);
      const size = this.word();
      const end = this.at + size;
      if (end > this.bytes.length) throw new Malformed();
      if (inClass && kind === TYPE_CNAME) aliases.set(owner, this.name());
      else if (inClass && kind === type) {
        if (size !== (type === TYPE_A ? 4 : 16)) throw new Malformed();
        found.push({ owner, address: this.bytes.slice(this.at, end) });
      }
      this.at = end;
    }
    let last = name;
    for (let step = 0; aliases.has(last); step++) {
      if (step === MAX_ALIASES) return { kind: "other" };
      last = aliases.get(last)!;
    }
    const addresses = found.filter(({ owner }) => owner === last).map(({ address }) => address);
    return addresses.length === 0 ? { kind: "empty" } : { kind: "valid", addresses };
  }

  /** A name in lower case; pointers (RFC 1035 section 4.1.4) lead backwards only, so that they end. */
  private name(): string {
    const { bytes } = this;
    const labels: string[] = [];
    let length = 0;
    let at = this.at;
    let limit = bytes.length;
    let jumped = false;
    for (;;) {
      if (at >= limit) throw new Malformed();
      const size = bytes[at]!;
      if (size >= 0xc0) {
        if (at + 1 >= bytes.length) throw new Malformed();
        const to = ((size & 0x3f) << 8) | bytes[at + 1]!;
        if (!jumped) this.at = at + 2;
        jumped = true;
        if (to >= at) throw new Malformed();
        limit = at;
        at = to;
        continue;
      }
      if (size > 63) throw new Malformed();
      at++;
      if (size === 0) break;
      if (at + size > bytes.length || (length += size + 1) > 255) throw new Malformed();
      labels.push(
        Buffer.from(bytes.buffer, bytes.byteOffset + at, size)
          .toString("latin1")
          .toLowerCase(),
      );
      at += size;
    }
    if (!jumped) this.at = at;
    return labels.join(".");
  }

  private word(): number {
    if (this.at + 2 > this.bytes.length) throw new Malformed();
    const value = this.view.getUint16(this.at);
    this.at += 2;
    return value;
  }

  private skip(size: number): void {
    this.at += size;
  }
}
