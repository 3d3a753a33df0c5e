/** Cookies of requests and responses (manual, section 7.3.6; RFC 6265 with the quoted strings of RFC 2109). */
import { latin1 } from "../../util/latin1.ts";
import type { ArgSpec, ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import { readInt32 } from "../number.ts";
import type { Value } from "../sample.ts";
import type { Use } from "../validity.ts";
import { ElementWalk, request, response, type Side } from "./message.ts";
import type { FetchRow } from "./types.ts";
import { sameBytes } from "../../util/bytes.ts";

const COOKIE: Uint8Array = Buffer.from("cookie");
const SET_COOKIE: Uint8Array = Buffer.from("set-cookie");

/** Walks the values of the cookies of one name (or of all), over all lines: `start(...)`, then `next()` while it is true. */
class CookieWalk {
  readonly elements: ElementWalk = new ElementWalk();
  buf: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;
  /** Where the rest of the current element begins; behind `#end` = used up. */
  #at = 1;
  #end = 0;

  constructor(
    private readonly side: Side,
    private readonly name: Uint8Array,
  ) {}

  start(ctx: SampleContext): boolean {
    this.#at = 1;
    this.#end = 0;
    return this.elements.start(this.side, ctx, this.side.response ? SET_COOKIE : COOKIE);
  }

  next(): boolean {
    const { elements } = this;
    for (;;) {
      if (this.#pair()) return true;
      if (!elements.next()) return false;
      this.buf = elements.buf;
      this.#at = elements.from;
      this.#end = elements.to;
    }
  }

  /** The next pair with the name in what is left of the element. */
  #pair(): boolean {
    const { buf, name } = this;
    const end = this.#end;
    const list = !this.side.response;
    const n = name.length;
    let begin = this.#at;
    // HAProxy wants at least one byte behind the "=" before it looks at a pair.
    for (let next = 0; begin + n + 1 < end; begin = next + 1) {
      while (begin < end && blank(buf[begin]!)) begin++;
      let equals = begin;
      let nameEnd = begin;
      while (equals < end) {
        const c = buf[equals]!;
        if (c === 61 || c === 59 || (list && c === 44)) break;
        equals++;
        if (!blank(c)) nameEnd = equals;
      }
      let from = equals;
      let to = equals;
      next = equals;
      if (equals < end && buf[equals] === 61) {
        from = equals + 1;
        while (from < end && blank(buf[from]!)) from++;
        next = to = valueEnd(buf, from, end);
        while (to > from && blank(buf[to - 1]!)) to--;
      }
      // Attributes of RFC 2109 and pairs without "=" do not count.
      if (!(begin < end && buf[begin] === 36) && equals !== next && (n === 0 || sameBytes(buf, begin, nameEnd, name))) {
        this.from = from;
        this.to = to;
        this.#at = next + 1;
        return true;
      }
      // Only the first pair of Set-Cookie is the cookie, the others are its attributes.
      if (!list && buf[begin] !== 36 && equals !== next) break;
    }
    this.#at = end + 1;
    return false;
  }
}

function valueEnd(buf: Uint8Array, from: number, to: number): number {
  let quoted = false;
  for (let p = from; p < to; p++) {
    const c = buf[p]!;
    if (quoted) {
      if (c === 34) quoted = false;
      else if (c === 92) p++;
    } else if (c === 34) quoted = true;
    else if (c === 44 || c === 59) return p;
  }
  return to;
}

function blank(c: number): boolean {
  return c === 32 || c === 9;
}

const NAME: ArgSpec = { name: "name", type: "str", optional: true };

function walkOf(side: Side, args: readonly ArgValue[]): CookieWalk {
  return new CookieWalk(side, Buffer.from(args[0]?.text ?? "", "latin1"));
}

function cookieRows(side: Side, names: readonly string[], use: readonly Use[]): FetchRow[] {
  const word = side.response ? "the response sets" : "of the request";
  const text =
    (convert: (text: string) => Value): FetchRow["make"] =>
    (args) => {
      const walk = walkOf(side, args);
      // Of several cookies of one name the last counts, without a name the first.
      const named = (args[0]?.text ?? "") !== "";
      return (ctx) => {
        if (!walk.start(ctx) || !walk.next()) return null;
        let { buf, from, to } = walk;
        if (named) while (walk.next()) ({ buf, from, to } = walk);
        return convert(latin1(buf, from, to));
      };
    };
  const each =
    (convert: (text: string) => Value): FetchRow["makeEach"] =>
    (args) => {
      const walk = walkOf(side, args);
      return (ctx, visit) => {
        if (!walk.start(ctx)) return false;
        while (walk.next()) if (visit(convert(latin1(walk.buf, walk.from, walk.to)), ctx)) return true;
        return false;
      };
    };
  const asText = (value: string): Value => value;
  const asNumber = (value: string): Value => readInt32(value);
  return names.flatMap((name, i): FetchRow[] => {
    const old = i === 0 ? {} : { replacedBy: names[0]! };
    return [
      {
        name,
        args: [NAME],
        type: "str",
        use,
        help: `Value of a cookie ${word}`,
        ...old,
        make: text(asText),
        makeEach: each(asText),
      },
      {
        name: `${name}_cnt`,
        args: [NAME],
        type: "sint",
        use,
        help: `Number of cookies of a name ${word}`,
        ...(i === 0 ? {} : { replacedBy: `${names[0]}_cnt` }),
        make: (args) => {
          const walk = walkOf(side, args);
          return (ctx) => {
            if (!walk.start(ctx)) return null;
            let n = 0;
            while (walk.next()) n++;
            return n;
          };
        },
      },
      {
        name: `${name}_val`,
        args: [NAME],
        type: "sint",
        use,
        help: `Number in a cookie ${word}`,
        ...(i === 0 ? {} : { replacedBy: `${names[0]}_val` }),
        make: text(asNumber),
        makeEach: each(asNumber),
      },
    ];
  });
}

const requestRows = cookieRows(request, ["req.cook", "cook"], ["request-head"]);
const responseRows = cookieRows(response, ["res.cook", "scook"], ["response-head"]);

export const cookieFetches: readonly FetchRow[] = [
  ...requestRows,
  {
    ...requestRows[0]!,
    name: "cookie",
    use: ["request-head", "response-head"],
    ofResponse: responseRows[0]!,
    replacedBy: "req.cook",
  },
  ...responseRows,
];
