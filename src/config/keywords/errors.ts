import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import type { ProxyContext } from "../context.ts";
import type { ErrorPageModel } from "../model.ts";
import type { Keyword } from "./keyword.ts";
import { BOTH } from "./where.ts";

/** Statuses HAProxy itself can answer with, so whose page can be replaced (manual section 4.2, errorfile). */
export const ERROR_STATUSES = [
  200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504,
] as const;

function location(name: "errorloc" | "errorloc302" | "errorloc303", code: 302 | 303): Keyword<ProxyContext> {
  return {
    name,
    where: BOTH,
    usage: "<status> <url>",
    help: `Redirect with ${code} instead of answering with an error`,
    extra: "warning",
    parse: (c, args) => {
      const status = takeStatus(args);
      if (status === null) return;
      const url = args.take("a URL");
      if (url !== null) setPage(c, status, { kind: "loc", code, url: url.text });
    },
  };
}

export const errorKeywords: readonly Keyword<ProxyContext>[] = [
  {
    name: "errorfile",
    where: BOTH,
    usage: "<status> <file>",
    help: "Answer with the bytes of this file instead of the built-in error",
    extra: "warning",
    parse: (c, args) => {
      const status = takeStatus(args);
      if (status === null) return;
      const file = args.take("a file");
      if (file === null) return;
      const bytes = readPage(c, args, file);
      if (bytes !== null) setPage(c, status, { kind: "file", path: file.text, bytes });
    },
  },
  location("errorloc", 302),
  location("errorloc302", 302),
  location("errorloc303", 303),
];

function setPage(c: ProxyContext, status: number, page: ErrorPageModel): void {
  c.proxy.errors = { ...c.proxy.errors, [status]: page };
}

function takeStatus(args: Args): number | null {
  const word = args.take("a status code");
  if (word === null) return null;
  const status = ERROR_STATUSES.find((s) => String(s) === word.text);
  if (status !== undefined) return status;
  return args.error(
    "config/bad-value",
    word,
    `'${args.label}' cannot replace status '${word.text}'`,
    `one of ${ERROR_STATUSES.join(", ")}`,
  );
}

/** The file's bytes; empty is allowed and means: close without an answer. Null after a complaint. */
function readPage(c: ProxyContext, args: Args, file: Word): string | null {
  let bytes: string;
  try {
    bytes = c.env.readFile(file.text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return args.error("config/unreadable-file", file, `cannot read '${file.text}': ${why}`);
  }
  if (bytes === "") return bytes;
  if (bytes.length > c.global.bufsize) {
    return args.error(
      "config/file-too-big",
      file,
      `'${file.text}' is larger than a buffer: ${bytes.length} of ${c.global.bufsize} bytes`,
    );
  }
  const problem = responseProblem(bytes);
  return problem === null
    ? bytes
    : args.error("config/bad-error-page", file, `'${file.text}' is not a complete HTTP response: ${problem}`);
}

/** What keeps a text from being a complete HTTP/1 response (RFC 9112 sections 4 to 6), or null. */
function responseProblem(bytes: string): string | null {
  const end = /\r?\n\r?\n/.exec(bytes);
  if (end === null) return "no empty line behind the headers";
  const [first = "", ...headers] = bytes.slice(0, end.index).split(/\r?\n/);
  const status = /^HTTP\/1\.[01] ([1-9]\d\d)(?: .*)?$/.exec(first);
  if (status === null) return `'${first.slice(0, 40)}' is no status line`;
  if (status[1]!.startsWith("1")) return "an interim status ends nothing";
  let length = -1;
  for (const header of headers) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(header);
    if (match === null) return `'${header.slice(0, 40)}' is no header`;
    const name = match[1]!.toLowerCase();
    if (name === "transfer-encoding") return "a transfer coding is not possible";
    if (name !== "content-length") continue;
    if (!/^\d{1,15}$/.test(match[2]!)) return `'${match[2]}' is no length`;
    length = Number(match[2]);
  }
  const body = bytes.length - end.index - end[0].length;
  if (length >= 0 && length !== body) return `its length is ${body} bytes, its Content-Length says ${length}`;
  return null;
}
