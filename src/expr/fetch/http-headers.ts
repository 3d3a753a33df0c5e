/** Headers of requests and responses (manual, section 7.3.6): hdr, fhdr and what is made of them. */
import { parseIp } from "../../util/ip.ts";
import type { ArgSpec } from "../args.ts";
import { readInt32 } from "../number.ts";
import type { SampleKind, Value } from "../sample.ts";
import type { Use } from "../validity.ts";
import { ElementWalk, HeaderWalk, request, response, type Side } from "./message.ts";
import { checkOccurrence, choiceOf, eachOf, occurrenceFetcher, type Walk } from "./occurrences.ts";
import type { FetchRow } from "./types.ts";

const asText = (text: string): Value => text;
const asNumber = (text: string): Value => readInt32(text);

/** An address, or null. IPv4 may carry a port, IPv6 not (manual, req.hdr_ip). */
function headerAddress(text: string): Uint8Array | null {
  const colon = text.indexOf(":");
  if (colon < 0 || text.indexOf(":", colon + 1) >= 0) return text.includes("%") ? null : parseIp(text);
  const port = text.slice(colon + 1);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) return null;
  return parseIp(text.slice(0, colon));
}

const NAME: ArgSpec = { name: "name", type: "str", optional: true };
const OCCURRENCE: ArgSpec = { name: "occ", type: "int", optional: true };

/** Rows under every name of the side: names[0] is the one to write today. */
function rows(
  names: readonly string[],
  use: readonly Use[],
  type: SampleKind,
  args: readonly ArgSpec[],
  help: string,
  make: FetchRow["make"],
  makeEach?: FetchRow["makeEach"],
  declared?: SampleKind,
): FetchRow[] {
  return names.map((name, i) => ({
    name,
    args,
    type,
    ...(declared === undefined ? {} : { declared }),
    use,
    help,
    ...(i === 0 || name === "hdr" ? {} : { replacedBy: names[0]! }),
    make,
    ...(makeEach === undefined ? {} : { makeEach }),
  }));
}

function headerRows(side: Side): FetchRow[] {
  const word = side.response ? "response" : "request";
  const use: readonly Use[] = side.response ? ["response-head"] : ["request-head"];
  const prefix = side.response ? "res." : "req.";
  const old = side.response ? "s" : "";
  const one =
    (make: () => Walk, convert: (text: string) => Value | null): FetchRow["make"] =>
    (args) => {
      const bad = checkOccurrence(args);
      if (bad !== null) return bad;
      const fetch = occurrenceFetcher(side, make(), choiceOf(args));
      if (convert === asText) return fetch;
      return (ctx) => {
        const text = fetch(ctx);
        return text === null ? null : convert(text as string);
      };
    };
  const each =
    (make: () => Walk, convert: (text: string) => Value | null): FetchRow["makeEach"] =>
    (args) =>
      eachOf(side, make(), choiceOf(args), convert);
  const count =
    (make: () => Walk): FetchRow["make"] =>
    (args) => {
      const { name } = choiceOf(args);
      const walk = make();
      return (ctx) => {
        if (!walk.start(side, ctx, name ?? ALL)) return null;
        let n = 0;
        while (walk.next()) n++;
        return n;
      };
    };
  const elements = (): Walk => new ElementWalk();
  const lines = (): Walk => new HeaderWalk();
  const hdr = side.response ? [`${prefix}hdr`, "shdr"] : [`${prefix}hdr`];
  const list = [
    ...rows(
      hdr,
      use,
      "str",
      [NAME, OCCURRENCE],
      `Value of a ${word} header, split at commas; the last one unless an occurrence is given`,
      one(elements, asText),
      each(elements, asText),
    ),
    ...rows(
      [`${prefix}fhdr`],
      use,
      "str",
      [NAME, OCCURRENCE],
      `Whole value of a ${word} header, commas included`,
      one(lines, asText),
      each(lines, asText),
    ),
    ...rows(
      [`${prefix}hdr_cnt`, `${old}hdr_cnt`],
      use,
      "sint",
      [NAME],
      `Number of values of a ${word} header, split at commas`,
      count(elements),
    ),
    ...rows([`${prefix}fhdr_cnt`], use, "sint", [NAME], `Number of lines of a ${word} header`, count(lines)),
    ...rows(
      [`${prefix}hdr_ip`, `${old}hdr_ip`],
      use,
      "addr",
      [NAME, OCCURRENCE],
      `Address in a ${word} header`,
      addressMake(side),
      each(elements, headerAddress),
      "ipv4",
    ),
    ...rows(
      [`${prefix}hdr_val`, `${old}hdr_val`],
      use,
      "sint",
      [NAME, OCCURRENCE],
      `Number in a ${word} header`,
      one(elements, asNumber),
      each(elements, asNumber),
    ),
    ...rows(
      [`${prefix}hdr_names`],
      use,
      "str",
      [{ name: "delim", type: "str", optional: true }],
      `Names of the ${word} headers in their order, separated by a delimiter (default ",")`,
      (args) => {
        const walk = new HeaderWalk();
        // HAProxy takes the first character only: the one that ends its text when there is none.
        const delim = args[0] === undefined ? "," : (args[0].text[0] ?? "\0");
        return (ctx) => {
          if (!walk.start(side, ctx, ALL)) return null;
          let out = "";
          while (walk.next()) out += out === "" ? walk.name : delim + walk.name;
          return out;
        };
      },
    ),
    ...rows(
      [`${prefix}hdrs`],
      use,
      "str",
      [],
      `All ${word} headers as text, blank line included`,
      () => {
        const walk = new HeaderWalk();
        return (ctx) => {
          if (!walk.start(side, ctx, ALL)) return null;
          let out = "";
          while (walk.next()) out += `${walk.name}: ${walk.text(walk.heldFrom, walk.heldTo)}\r\n`;
          return `${out}\r\n`;
        };
      },
      undefined,
      "bin",
    ),
    ...rows(
      [`${prefix}hdrs_bin`],
      use,
      "bin",
      [],
      `All ${word} headers, each string with its length (SPOE's encoding)`,
      () => {
        const walk = new HeaderWalk();
        return (ctx) => {
          if (!walk.start(side, ctx, ALL)) return null;
          let out = "";
          while (walk.next()) {
            const { nameFrom, nameTo, heldFrom, heldTo } = walk;
            out += varint(nameTo - nameFrom) + walk.name + varint(heldTo - heldFrom) + walk.text(heldFrom, heldTo);
          }
          return `${out}\0\0`;
        };
      },
    ),
  ];
  return list;
}

const ALL: Uint8Array = new Uint8Array(0);

/** The occurrence asked for, as an address. */
function addressMake(side: Side): FetchRow["make"] {
  return (args) => {
    const bad = checkOccurrence(args);
    if (bad !== null) return bad;
    const fetch = occurrenceFetcher(side, new ElementWalk(), choiceOf(args));
    return (ctx) => {
      const text = fetch(ctx);
      return text === null ? null : headerAddress(text as string);
    };
  };
}

/** SPOE's variable-length integer: one byte below 240, then 4 + 7 + 7… bits, low ones first. */
function varint(n: number): string {
  if (n < 240) return String.fromCharCode(n);
  let out = String.fromCharCode(240 | (n & 15));
  let rest = (n - 240) >>> 4;
  while (rest >= 128) {
    out += String.fromCharCode(128 | (rest & 127));
    rest = (rest - 128) >>> 7;
  }
  return out + String.fromCharCode(rest);
}

const requestRows = headerRows(request);
const responseRows = headerRows(response);

export const headerFetches: readonly FetchRow[] = [
  ...requestRows,
  // The plain name is for both directions.
  {
    ...requestRows[0]!,
    name: "hdr",
    use: ["request-head", "response-head"],
    ofResponse: responseRows[0]!,
    replacedBy: "req.hdr",
  },
  ...responseRows,
];
