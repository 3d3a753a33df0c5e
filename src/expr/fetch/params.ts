/** Parameters of query strings and form bodies (manual, section 7.3.6: urlp, req.body_param). Values are not decoded. */
import { latin1 } from "../../util/latin1.ts";
import type { ArgSpec, ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import { readInt32 } from "../number.ts";
import type { Value } from "../sample.ts";
import { Target } from "./message.ts";
import type { FetchRow } from "./types.ts";

const EQUALS = 61;

/** Finds the values of one parameter (or of all) in `buf[from, to)`: `next()` while it is true, reading `valueFrom`, `valueTo`. */
class ParamWalk {
  valueFrom = 0;
  valueTo = 0;
  #buf: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  constructor(
    private readonly name: Uint8Array,
    private readonly delim: number,
    private readonly ignoreCase: boolean,
  ) {}

  start(buf: Uint8Array, from: number, to: number): void {
    this.#buf = buf;
    this.#at = from;
    this.#end = to;
  }

  next(): boolean {
    const buf = this.#buf;
    const end = this.#end;
    let p = this.#at;
    if (this.name.length > 0) p = this.#find(p);
    if (p < 0) return false;
    while (p < end && buf[p] !== EQUALS) p++;
    if (p >= end) return false;
    this.valueFrom = ++p;
    while (p < end && !this.#isDelimiter(buf[p]!)) p++;
    this.valueTo = this.#at = p;
    return true;
  }

  get text(): string {
    return latin1(this.#buf, this.valueFrom, this.valueTo);
  }

  #isDelimiter(c: number): boolean {
    return c === 38 || c === 59 || c === this.delim;
  }

  /** Where the parameter's name begins, or -1. */
  #find(from: number): number {
    const buf = this.#buf;
    const end = this.#end;
    const n = this.name.length;
    let p = from;
    while (p < end) {
      const equals = p + n;
      if (equals >= end) return -1;
      if (buf[equals] === EQUALS) {
        if (this.#isName(p)) return p;
        // As in HAProxy: the search goes on behind this "=", even if it belongs to a later parameter.
        p = equals + 1;
      }
      while (p < end && !this.#isDelimiter(buf[p]!)) p++;
      p++;
    }
    return -1;
  }

  #isName(at: number): boolean {
    const { name, ignoreCase } = this;
    const buf = this.#buf;
    for (let i = 0; i < name.length; i++) {
      let c = buf[at + i]!;
      if (ignoreCase && c >= 65 && c <= 90) c |= 32;
      if (c !== name[i]) return false;
    }
    return true;
  }
}

/** Where to look; `start` positions the walk, false = nothing there. */
type Place = () => (ctx: SampleContext, walk: ParamWalk) => boolean;

const QUESTION = 63;

function queryPlace(delim: number): Place {
  return () => {
    const target = new Target();
    return (ctx, walk) => {
      if (!target.start(ctx)) return false;
      const { buf, to } = target;
      for (let p = target.from; p < to; p++) {
        if (buf[p] === delim) {
          walk.start(buf, p + 1, to);
          return true;
        }
      }
      return false;
    };
  };
}

const bodyPlace: Place = () => (ctx, walk) => {
  const body = ctx.reqHead === null ? null : ctx.reqBodyHeld();
  if (body === null) return false;
  walk.start(body, 0, body.length);
  return true;
};

const NAME: ArgSpec = { name: "name", type: "str", optional: true };
const DELIM: ArgSpec = { name: "delim", type: "str", optional: true };
const CASE: ArgSpec = { name: "i", type: "str", optional: true };

interface Plan {
  readonly walk: ParamWalk;
  readonly place: ReturnType<Place>;
}

/** HAProxy 2.6 takes an empty one for the byte that ends its text; in later versions one before the flag is the usual one. */
function delimiter(given: ArgValue | undefined, flag: ArgValue | undefined): number {
  if (given === undefined) return QUESTION;
  if (given.text !== "") return given.text.charCodeAt(0);
  return flag === undefined ? 0 : QUESTION;
}

/** `i` is the number of the argument that may hold the case flag; `delim` that of the delimiter, -1 = none. */
function planOf(args: readonly ArgValue[], delim: number, flag: number): Plan {
  const ignoreCase = args[flag]?.text === "i";
  const name = args[0]?.text ?? "";
  const mark = delim < 0 ? 38 : delimiter(args[delim], args[flag]);
  const bytes = Buffer.from(ignoreCase ? name.toLowerCase() : name, "latin1");
  return {
    walk: new ParamWalk(bytes, mark, ignoreCase),
    place: delim < 0 ? bodyPlace() : queryPlace(mark)(),
  };
}

function makers(
  delim: number,
  flag: number,
  convert: (text: string) => Value,
): { make: FetchRow["make"]; makeEach: FetchRow["makeEach"] } {
  return {
    make: (args) => {
      const text = args[flag]?.text ?? "";
      if (text !== "" && text !== "i") return { message: `'${text}' is not a flag, only 'i' is`, arg: flag };
      const { walk, place } = planOf(args, delim, flag);
      return (ctx) => (place(ctx, walk) && walk.next() ? convert(walk.text) : null);
    },
    makeEach: (args) => {
      const { walk, place } = planOf(args, delim, flag);
      return (ctx, visit) => {
        if (!place(ctx, walk)) return false;
        while (walk.next()) if (visit(convert(walk.text), ctx)) return true;
        return false;
      };
    },
  };
}

const asText = (text: string): Value => text;

export const paramFetches: readonly FetchRow[] = [
  ...["urlp", "url_param"].map((name): FetchRow => ({
    name,
    args: [NAME, DELIM, CASE],
    type: "str",
    use: ["request-head"],
    help: "First value of a parameter of the query string, as it stands there; with 'i' the case of its name is ignored",
    ...makers(1, 2, asText),
  })),
  {
    name: "urlp_val",
    args: [NAME, DELIM, CASE],
    type: "sint",
    use: ["request-head"],
    help: "Number in the first value of a parameter of the query string",
    ...makers(1, 2, readInt32),
  },
  {
    name: "req.body_param",
    args: [NAME, CASE],
    type: "str",
    declared: "bin",
    use: ["request-body"],
    help: "First value of a parameter of a form in the request's body",
    ...makers(-1, 1, asText),
  },
];
