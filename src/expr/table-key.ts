import type { StickTableModel, TableKeyType } from "../config/model.ts";
import type { KeyValue } from "../table/key.ts";
import { addressType, canBecome, castOf, castValue } from "./cast.ts";
import type { SampleContext } from "./context.ts";
import type { SampleKind, SampleType, Value } from "./sample.ts";

/** Makes the key of a table from a sample; null = this one is none, such as a text that is no address. */
export type MakeKey = (value: Value, ctx: SampleContext) => KeyValue | null;

/** What the samples of keys are converted to (manual, section 7.1). */
export const keySampleTypes: Readonly<Record<TableKeyType, SampleType>> = {
  ip: "ipv4",
  ipv6: "ipv6",
  integer: "sint",
  string: "str",
  binary: "bin",
};

/** How samples of a kind become keys of a table; null = they never do, which is an error of the configuration. */
export function keyMaker({ keyType }: Pick<StickTableModel, "keyType">, from: SampleKind): MakeKey | null {
  const to = keySampleTypes[keyType];
  // For HAProxy samples that may be either are IPv4 addresses until they are there.
  if (from === "addr" && keyType === "integer") {
    const convert = castOf("ipv4", to) as Exclude<ReturnType<typeof castOf>, "=">;
    return (value, ctx) => ((value as Uint8Array).length === 4 ? word(convert(value, ctx)!) : null);
  }
  if (!canBecome(from, to)) return null;
  const cast = castOf(from, to);
  if (keyType !== "integer") return cast === "=" ? asKey : (cast as MakeKey);
  return (value, ctx) => {
    const number = cast === "=" ? value : cast(value, ctx);
    return number === null ? null : word(number);
  };
}

/** As `keyMaker`, for what yields other types than it is declared to, such as `hdr_ip`: `from` is what it yields. */
export function anyKeyMaker(model: Pick<StickTableModel, "keyType">, from: SampleKind): MakeKey {
  if (from === "addr") return (value) => keyOfSample(model, value, addressType(value));
  if (from === "any") return (value, ctx) => keyOfSample(model, value, ctx.valueType);
  return keyMaker(model, from) ?? (() => null);
}

/** The key of a table from a sample whose type is only known now; null = it can be none. */
export function keyOfSample(
  { keyType }: Pick<StickTableModel, "keyType">,
  value: Value,
  type: SampleType,
): KeyValue | null {
  const key = castValue(value, type, keySampleTypes[keyType]);
  if (key === null) return null;
  return keyType === "integer" ? word(key) : (key as KeyValue);
}

const asKey: MakeKey = (value) => value as KeyValue;

/** HAProxy keeps the lower 32 bits. */
function word(value: Value): number {
  return typeof value === "bigint" ? Number(BigInt.asUintN(32, value)) : (value as number) % 0x100000000;
}
