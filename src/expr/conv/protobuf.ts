/** protobuf ungrpc: fields of Protocol Buffers messages (protobuf.dev/programming-guides/encoding; manual, section 7.3.1). */
import type { ArgProblem, ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { ConverterRow } from "../converter.ts";
import type { Value } from "../sample.ts";
import { wrap } from "./int64.ts";
import { optional, required, textArg } from "./row.ts";

const VARINT = 0;
const WIDE = 1;
const DELIMITED = 2;
const NARROW = 5;

const NOT_FOUND = -1;
const MALFORMED = -2;

/** The wire type a field type is carried by, and how its bits are read. */
const fieldTypes: Readonly<Record<string, { readonly wire: number; readonly as: "plain" | "zigzag" | "float" }>> = {
  int32: { wire: VARINT, as: "plain" },
  int64: { wire: VARINT, as: "plain" },
  uint32: { wire: VARINT, as: "plain" },
  uint64: { wire: VARINT, as: "plain" },
  sint32: { wire: VARINT, as: "zigzag" },
  sint64: { wire: VARINT, as: "zigzag" },
  bool: { wire: VARINT, as: "plain" },
  enum: { wire: VARINT, as: "plain" },
  fixed64: { wire: WIDE, as: "plain" },
  sfixed64: { wire: WIDE, as: "plain" },
  double: { wire: WIDE, as: "float" },
  fixed32: { wire: NARROW, as: "plain" },
  sfixed32: { wire: NARROW, as: "plain" },
  float: { wire: NARROW, as: "float" },
};

/** Reads one message's fields in turn. */
class Reader {
  /** Where the varint last skipped starts. */
  private from = 0;

  constructor(
    private readonly bytes: string,
    public at: number,
    public end: number,
  ) {}

  /** Skips a varint; false when it is cut off or longer than 10 bytes. */
  skipVarint(): boolean {
    this.from = this.at;
    for (let i = 0; i < 10 && this.at < this.end; i++) {
      if (this.bytes.charCodeAt(this.at++) < 128) return true;
    }
    return false;
  }

  /** Value of the varint last skipped; approximate beyond 2^53, which is enough for lengths and field numbers. */
  get varint(): number {
    let value = 0;
    for (let i = this.from, unit = 1; i < this.at; i++, unit *= 128) value += (this.bytes.charCodeAt(i) & 127) * unit;
    return value;
  }

  /** An encoded varint, exactly. */
  static exactVarint(bytes: string): bigint {
    let value = 0n;
    for (let i = 0; i < bytes.length; i++) value |= BigInt(bytes.charCodeAt(i) & 127) << BigInt(7 * i);
    return BigInt.asUintN(64, value);
  }

  /**
   * Finds a field by the numbers on the way to it; where a message on the way does not have it, the next of the same number
   * may. Leaves `at` and `end` around its value (a varint as encoded, the bytes of the others) and returns its wire type,
   * NOT_FOUND or MALFORMED.
   */
  find(path: readonly number[], depth: number): number {
    const { end } = this;
    while (this.at < end) {
      if (!this.skipVarint()) return MALFORMED;
      const key = this.varint;
      const wire = key % 8;
      let start = this.at;
      let to: number;
      if (wire === VARINT) {
        if (!this.skipVarint()) return MALFORMED;
        to = this.at;
      } else if (wire === WIDE || wire === NARROW) {
        to = start + (wire === WIDE ? 8 : 4);
      } else if (wire === DELIMITED) {
        if (!this.skipVarint()) return MALFORMED;
        start = this.at;
        to = start + this.varint;
      } else {
        return MALFORMED;
      }
      if (to > end) return MALFORMED;
      if (Math.floor(key / 8) === path[depth]) {
        this.at = start;
        this.end = to;
        if (depth === path.length - 1) return wire;
        if (wire !== DELIMITED) return MALFORMED;
        const found = this.find(path, depth + 1);
        if (found !== NOT_FOUND) return found;
        this.end = end;
      }
      this.at = to;
    }
    return NOT_FOUND;
  }
}

const view = new DataView(new ArrayBuffer(8));

/** C's conversion of a floating point number: the lowest integer when it does not fit. */
function truncate(value: number): number | bigint {
  if (!(Math.abs(value) < 2 ** 63)) return -0x8000000000000000n;
  return wrap(BigInt(Math.trunc(value)));
}

type Lookup = (bytes: string, from: number, to: number, ctx: SampleContext) => Value | null;

function lookup(args: readonly ArgValue[]): Lookup | ArgProblem {
  const path = textArg(args, 0).split(".");
  if (path.some((number) => !/^\d{1,9}$/.test(number))) {
    return { message: "expects field numbers with dots between them", arg: 0 };
  }
  const numbers = path.map(Number);
  const typeName = textArg(args, 1);
  if (args[1] === undefined) {
    return (bytes, from, to, ctx) => {
      const reader = new Reader(bytes, from, to);
      ctx.valueType = "bin";
      return reader.find(numbers, 0) < 0 ? null : bytes.slice(reader.at, reader.end);
    };
  }
  if (!Object.hasOwn(fieldTypes, typeName)) {
    return { message: `expects one of ${Object.keys(fieldTypes).join(", ")}`, arg: 1 };
  }
  const { wire, as } = fieldTypes[typeName]!;
  const signed = typeName !== "fixed32";
  return (bytes, from, to, ctx) => {
    const reader = new Reader(bytes, from, to);
    if (reader.find(numbers, 0) !== wire) return null;
    ctx.valueType = "sint";
    if (wire === VARINT) {
      const value = Reader.exactVarint(bytes.slice(reader.at, reader.end));
      return wrap(as === "zigzag" ? (value >> 1n) ^ -(value & 1n) : value);
    }
    for (let i = reader.at; i < reader.end; i++) view.setUint8(i - reader.at, bytes.charCodeAt(i));
    if (wire === NARROW) {
      // A float goes through an unsigned word in HAProxy.
      if (as === "float") return Number(BigInt.asUintN(32, BigInt(truncate(view.getFloat32(0, true)))));
      return signed ? view.getInt32(0, true) : view.getUint32(0, true);
    }
    return as === "float" ? truncate(view.getFloat64(0, true)) : wrap(view.getBigInt64(0, true));
  };
}

const args = [required("field_number", "fieldnum"), optional("field_type", "str")];

/** Compression flag and length before each message (gRPC over HTTP2, length-prefixed message). */
const GRPC_HEADER = 5;

export const protobufs: readonly ConverterRow[] = [
  {
    name: "protobuf",
    args,
    in: "bin",
    out: "any",
    declared: "bin",
    help: "A field of a Protocol Buffers message by its numbers, as bytes or, with a type, as a number.",
    make(given) {
      const find = lookup(given);
      if (typeof find !== "function") return find;
      return (value, ctx) => find(value as string, 0, (value as string).length, ctx);
    },
  },
  {
    name: "ungrpc",
    args,
    in: "bin",
    out: "any",
    declared: "bin",
    help: "A field of the gRPC messages of a body by its numbers, as bytes or, with a type, as a number.",
    make(given) {
      const find = lookup(given);
      if (typeof find !== "function") return find;
      return (value, ctx) => {
        const bytes = value as string;
        for (let at = 0; bytes.length - at > GRPC_HEADER;) {
          const size =
            bytes.charCodeAt(at + 1) * 0x1000000 +
            ((bytes.charCodeAt(at + 2) << 16) | (bytes.charCodeAt(at + 3) << 8) | bytes.charCodeAt(at + 4));
          at += GRPC_HEADER;
          if (at + size > bytes.length) return null;
          const found = find(bytes, at, at + size, ctx);
          if (found !== null) return found;
          at += size;
        }
        return null;
      };
    },
  },
];
