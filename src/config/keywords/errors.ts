import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import { parseHttpError } from "../../rules/http/answer.ts";
import { ERROR_STATUSES, readPage } from "../../rules/http/page.ts";
import type { ProxyContext } from "../context.ts";
import type { ErrorPageDraft } from "../draft.ts";
import type { Keyword } from "./keyword.ts";
import { BOTH } from "./where.ts";

function location(name: "errorloc" | "errorloc302" | "errorloc303", code: 302 | 303): Keyword<ProxyContext> {
  return {
    name,
    where: BOTH,
    usage: "<status> <url>",
    help: `Redirect with ${code} instead of answering with an error`,
    extra: "warning",
    parse: (c, args) => {
      const status = takeErrorStatus(args);
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
      const status = takeErrorStatus(args);
      if (status === null) return;
      const file = args.take("a file");
      if (file === null) return;
      const bytes = readPage(args, { readFile: c.env.readFile, bufsize: c.global.bufsize }, file);
      if (bytes !== null) setPage(c, status, { kind: "file", path: file.text, bytes });
    },
  },
  location("errorloc", 302),
  location("errorloc302", 302),
  location("errorloc303", 303),
  {
    name: "errorfiles",
    where: BOTH,
    usage: "<name> [<status>]*",
    help: "Answer with the pages of an http-errors section, all of them or those of some statuses",
    parse: (c, args) => {
      const section = args.take("the name of an http-errors section");
      if (section === null) return;
      const asked = !args.done;
      const statuses: number[] = asked ? [] : [...ERROR_STATUSES];
      while (!args.done) {
        const status = takeErrorStatus(args);
        if (status === null) return;
        statuses.push(status);
      }
      for (const status of statuses) setSection(c, status, section, asked);
    },
  },
  {
    name: "http-error",
    where: BOTH,
    usage:
      "status <status> [content-type <type>] [{default-errorfiles | errorfile <file> | errorfiles <name> | " +
      "file <file> | lf-file <file> | string <text> | lf-string <fmt>}] [hdr <name> <fmt>]*",
    help: "Make the answer for a status instead of the built-in error",
    parse: (c, args) => {
      const parts = parseHttpError(args, { readFile: c.env.readFile, bufsize: c.global.bufsize });
      if (parts === null) return void args.rest();
      const { status, texts, flags } = parts;
      const { page, errorfiles } = texts;
      if (errorfiles !== undefined) setSection(c, status, { ...errorfiles, quoted: false }, true);
      else if (page !== undefined) setPage(c, status, { kind: "file", path: page.text, bytes: texts.bytes!.text });
      // The built-in page: what HAProxy calls the default of the default.
      else if (flags.includes("page")) setPage(c, status, null);
      else {
        const { at, endColumn } = args.keyword;
        setPage(c, status, { kind: "reply", action: { kind: "http-error", at, endColumn, ...parts } });
      }
    },
  },
];

function setPage(c: ProxyContext, status: number, page: ErrorPageDraft | null): void {
  const { [status]: _, ...others } = c.proxy.errors;
  c.proxy.errors = page === null ? others : { ...others, [status]: page };
}

/** `asked`: the status was named, so that its absence in the section is worth a warning. */
function setSection(c: ProxyContext, status: number, word: Word, asked: boolean): void {
  setPage(c, status, { kind: "section", name: word.text, word, asked, before: c.proxy.errors[status] ?? null });
}

/** A status there are error pages for; null after a complaint. */
export function takeErrorStatus(args: Args): number | null {
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
