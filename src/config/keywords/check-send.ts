/** `http-check send`, and the four of `tcp-check`. */
import type { Args } from "../../lang/args.ts";
import { textOf, type Word } from "../../lang/line.ts";
import type { RequestLine } from "../check-script.ts";
import type { ProxyContext } from "../context.ts";
import type { Draft } from "../draft.ts";
import type { TextModel } from "../model.ts";
import { addLine, misplaced } from "./check-lines.ts";
import { beginOwnCheck } from "./own-check.ts";

export function parseRequest(c: ProxyContext, args: Args): void {
  const wrong = misplaced(c, "http", "request");
  if (wrong !== null) {
    args.rest();
    return void args.error("config/bad-order", args.keyword, wrong);
  }
  const headers: [string, string | TextModel][] = [];
  const line: Draft<RequestLine> = {
    kind: "request",
    step: 0,
    comment: null,
    method: null,
    uri: null,
    version: null,
    headers,
    body: null,
  };
  const written = new Map<string, Word>();
  for (let word = args.next(); word !== null; word = args.next()) {
    switch (word.text) {
      case "meth":
      case "ver":
      case "uri":
      case "uri-lf":
      case "body":
      case "body-lf":
      case "comment": {
        const value = args.take(`a value behind '${word.text}'`);
        if (value === null) return;
        if (word.text === "meth") line.method = value.text;
        else if (word.text === "ver") line.version = value.text;
        else if (word.text === "comment") line.comment = value.text;
        else if (word.text === "uri") line.uri = value.text;
        else if (word.text === "uri-lf") line.uri = textOf(value);
        else if (word.text === "body") line.body = value.text;
        else line.body = textOf(value);
        written.set(word.text.replace("-lf", ""), word);
        break;
      }
      case "hdr": {
        const name = args.take("a name and a value behind 'hdr'");
        const value = name === null ? null : args.take("a name and a value behind 'hdr'");
        if (name === null || value === null) return;
        headers.push([name.text, value.text.includes("%") ? textOf(value) : value.text]);
        break;
      }
      default:
        args.rest();
        args.error(
          "config/bad-value",
          word,
          `'http-check send' has no parameter '${word.text}'`,
          `usage: ${args.label} ${args.usage}`,
        );
        return;
    }
  }
  mergeFirst(c, args, line, written);
  addLine(c, "http", args.keyword, line);
}

/** The first request of a section and `option httpchk` are one: what is said here wins. */
function mergeFirst({ proxy }: ProxyContext, args: Args, line: RequestLine, written: ReadonlyMap<string, Word>): void {
  const { marks } = proxy;
  if (marks.has("http-check send")) return;
  beginOwnCheck(proxy, args.keyword, true);
  for (const word of ["meth", "uri", "ver"]) {
    if (written.has(word)) marks.set(`http-check send ${word}`, written.get(word)!);
  }
  const { method, uri, version, headers, body } = line;
  const { httpCheck } = proxy;
  const plain = (text: string | TextModel): string => (typeof text === "string" ? text : text.text);
  proxy.httpCheck = {
    ...httpCheck,
    method: method ?? httpCheck.method,
    uri: uri === null ? httpCheck.uri : plain(uri),
    version: version ?? httpCheck.version,
    headers: headers.map(([name, value]) => [name, plain(value)] as const),
    body: body === null ? null : plain(body),
  };
  if (proxy.check.kind === "http") proxy.check = proxy.httpCheck;
  marks.set("http-check send", args.keyword);
}

export function parseSend(c: ProxyContext, args: Args): void {
  const kind = args.keyword.text;
  const word = args.take("what to send");
  if (word === null) return;
  const format = kind.endsWith("-lf");
  const hex = kind.startsWith("send-binary");
  let comment: string | null = null;
  for (let next = args.next(); next !== null; next = args.next()) {
    if (next.text !== "comment") {
      args.rest();
      args.error(
        "config/bad-value",
        next,
        `'${args.label}' has no parameter '${next.text}'`,
        `usage: ${args.label} ${args.usage}`,
      );
      return;
    }
    const text = args.take("a text behind 'comment'");
    if (text === null) return;
    comment = text.text;
  }
  let data: string | TextModel | null = format ? textOf(word) : word.text;
  if (!format && hex) data = hexOf(args, word);
  if (data === null) return;
  addLine(c, "tcp", args.keyword, { kind: "send", step: 0, comment, data, hex });
}

/** The bytes of hexadecimal digits. Null after a complaint. */
export function hexOf(args: Args, word: Word): string | null {
  if (/^(?:[0-9A-Fa-f]{2})+$/.test(word.text)) return Buffer.from(word.text, "hex").toString("latin1");
  return args.error("config/bad-value", word, `'${word.text}' is not an even number of hexadecimal digits`);
}
