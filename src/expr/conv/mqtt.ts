/**
 * mqtt_is_valid mqtt_field_value: the first packet of either side of an MQTT connection, CONNECT and CONNACK of versions 3.1, 3.1.1
 * and 5.0 (docs.oasis-open.org/mqtt; manual, section 7.3.1).
 */
import type { ArgProblem } from "../args.ts";
import type { ConverterRow } from "../converter.ts";
import type { Value } from "../sample.ts";
import { lowerAscii } from "./ascii.ts";
import { required, textArg } from "./row.ts";

const CONNECT = 1;
const CONNACK = 2;

type PropertyKind = "byte" | "u16" | "u32" | "text" | "pair";

/** MQTT 5.0, table 2-4. */
const propertyKinds: Readonly<Record<number, PropertyKind>> = {
  1: "byte",
  2: "u32",
  3: "text",
  8: "text",
  9: "text",
  17: "u32",
  18: "text",
  19: "u16",
  21: "text",
  22: "text",
  23: "byte",
  24: "u32",
  25: "byte",
  26: "text",
  28: "text",
  31: "text",
  33: "u16",
  34: "u16",
  36: "byte",
  37: "byte",
  38: "pair",
  39: "u32",
  40: "byte",
  41: "byte",
  42: "byte",
};

/** Where each property may stand. */
const connectProperties = new Set([17, 33, 39, 34, 25, 23, 21, 22, 38]);
const willProperties = new Set([24, 1, 2, 3, 8, 9, 38]);
const connackProperties = new Set([17, 33, 36, 37, 39, 18, 34, 31, 40, 41, 42, 19, 26, 28, 21, 22, 38]);

/** What a packet said; by field name and property number. Numbers and texts; null for absent. */
interface Packet {
  readonly type: number;
  readonly fields: ReadonlyMap<string | number, number | string>;
}

/** Turns bad and yields zeros once the bytes run out; nothing is thrown. */
class Reader {
  bad = false;

  constructor(
    private readonly bytes: string,
    public at: number,
    readonly end: number,
  ) {}

  number(size: number): number {
    if (this.at + size > this.end) {
      this.bad = true;
      return 0;
    }
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this.bytes.charCodeAt(this.at++);
    return value;
  }

  /** Variable byte integer of at most four bytes (MQTT 5.0, section 1.5.5). */
  varint(): number {
    let value = 0;
    for (let i = 0, unit = 1; i < 4; i++, unit *= 128) {
      const byte = this.number(1);
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
    this.bad = true;
    return 0;
  }

  /** Text or bytes behind their length in two bytes. */
  text(): string {
    const size = this.number(2);
    if (this.at + size > this.end) {
      this.bad = true;
      return "";
    }
    const from = this.at;
    this.at += size;
    return this.bytes.slice(from, this.at);
  }
}

function readProperties(
  reader: Reader,
  allowed: ReadonlySet<number>,
  fields: Map<string | number, number | string>,
): void {
  const size = reader.varint();
  const end = reader.at + size;
  if (end > reader.end) reader.bad = true;
  const seen = new Set<number>();
  while (!reader.bad && reader.at < end) {
    const id = reader.number(1);
    const kind = propertyKinds[id];
    if (kind === undefined || !allowed.has(id) || (seen.has(id) && id !== 38)) {
      reader.bad = true;
      return;
    }
    seen.add(id);
    if (kind === "text") fields.set(id, reader.text());
    else if (kind === "pair") {
      reader.text();
      reader.text();
    } else fields.set(id, reader.number(kind === "byte" ? 1 : kind === "u16" ? 2 : 4));
  }
  if (reader.at !== end) reader.bad = true;
}

const WILL = 4;
const PASSWORD = 64;
const USERNAME = 128;

/** MQTT 3.1.1 and 5.0, section 3.1. */
function readConnect(reader: Reader, fields: Map<string | number, number | string>): void {
  const name = reader.text();
  const version = reader.number(1);
  fields.set("protocol_name", name);
  fields.set("protocol_version", version);
  const known = name === "MQIsdp" ? version === 3 : name === "MQTT" && version >= 3 && version <= 5;
  const flags = reader.number(1);
  fields.set("flags", flags);
  // Bit 0 is reserved. That a will's quality and retain bits need a will is not looked at.
  if (!known || (flags & 1) !== 0) reader.bad = true;
  fields.set("keepalive", reader.number(2));
  if (version === 5) readProperties(reader, connectProperties, fields);
  fields.set("client_identifier", reader.text());
  if ((flags & WILL) !== 0) {
    if (version === 5) readProperties(reader, willProperties, fields);
    fields.set("will_topic", reader.text());
    fields.set("will_payload", reader.text());
  }
  if ((flags & USERNAME) !== 0) fields.set("username", reader.text());
  if ((flags & PASSWORD) !== 0) fields.set("password", reader.text());
}

/** MQTT 3.1.1 and 5.0, section 3.2. Version 5 is told by the properties behind the two bytes of the older ones. */
function readConnack(reader: Reader, fields: Map<string | number, number | string>): void {
  const flags = reader.number(1);
  if ((flags & 0xfe) !== 0) reader.bad = true;
  fields.set("flags", flags);
  fields.set("reason_code", reader.number(1));
  if (reader.at < reader.end) {
    fields.set("protocol_version", 5);
    readProperties(reader, connackProperties, fields);
  } else {
    fields.set("protocol_version", 4);
  }
}

/** The flags that packets of a type have, where they are given (MQTT 5.0, table 2-2); -1 = not a type to look at. */
const flagsOf: readonly number[] = [-1, 0, 0, -1, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0];

/** Null when the packet is malformed, undefined when more bytes are needed. */
function parseMqtt(bytes: string): Packet | null | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.charCodeAt(0);
  const type = first >> 4;
  if (flagsOf[type] !== (first & 15)) return null;
  const header = new Reader(bytes, 1, bytes.length);
  const size = header.varint();
  if (header.bad) return bytes.length < 5 ? undefined : null;
  if (header.at + size > bytes.length) return undefined;
  if (type !== CONNECT && type !== CONNACK) return null;
  const fields = new Map<string | number, number | string>();
  const reader = new Reader(bytes, header.at, header.at + size);
  if (type === CONNECT) readConnect(reader, fields);
  else readConnack(reader, fields);
  return reader.bad || reader.at !== reader.end ? null : { type, fields };
}

const connectFields = new Set([
  "flags",
  "protocol_name",
  "protocol_version",
  "client_identifier",
  "will_topic",
  "will_payload",
  "username",
  "password",
  "keepalive",
]);
const connackFields = new Set(["flags", "protocol_version", "reason_code"]);

const packetTypes: Readonly<Record<string, number>> = {
  connect: CONNECT,
  "1": CONNECT,
  connack: CONNACK,
  "2": CONNACK,
};

/** The key of a field or property in `Packet.fields`. */
function fieldKey(type: number, name: string): string | number | null {
  const lower = lowerAscii(name);
  if ((type === CONNECT ? connectFields : connackFields).has(lower)) return lower;
  const id = /^\d{1,3}$/.test(name) ? Number(name) : -1;
  const known = type === CONNECT ? connectProperties.has(id) || willProperties.has(id) : connackProperties.has(id);
  return known ? id : null;
}

export const mqtt: readonly ConverterRow[] = [
  {
    name: "mqtt_is_valid",
    args: [],
    in: "bin",
    out: "bool",
    help: "True when the bytes are a valid MQTT CONNECT or CONNACK packet.",
    make: () => (value, ctx) => {
      const packet = parseMqtt(value as string);
      ctx.mayChange = packet === undefined;
      return packet === undefined ? null : packet !== null;
    },
  },
  {
    name: "mqtt_field_value",
    args: [required("packettype", "str"), required("fieldname_or_property_ID", "str")],
    in: "bin",
    out: "any",
    declared: "str",
    help: "A field or property of an MQTT CONNECT or CONNACK packet.",
    make(args): ReturnType<ConverterRow["make"]> | ArgProblem {
      const type = packetTypes[lowerAscii(textArg(args, 0))];
      if (type === undefined) return { message: "expects connect (1) or connack (2)", arg: 0 };
      const key = fieldKey(type, textArg(args, 1));
      if (key === null) return { message: `'${textArg(args, 1)}' is no field of this packet`, arg: 1 };
      return (value, ctx): Value | null => {
        const packet = parseMqtt(value as string);
        ctx.mayChange = packet === undefined;
        if (packet === null || packet === undefined || packet.type !== type) return null;
        const field = packet.fields.get(key);
        if (field === undefined || field === "") return null;
        ctx.valueType = typeof field === "number" ? "sint" : "str";
        return field;
      };
    },
  },
];
