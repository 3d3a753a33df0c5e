import type { Args } from "../../lang/args.ts";
import type { ProxyContext } from "../context.ts";
import { newHttpCheck } from "../draft.ts";
import { beginOwnCheck } from "./own-check.ts";

/**
 * `option httpchk` in its four forms. The version may carry headers and a body behind `\r\n`, the way it was done before
 * `http-check send`; HAProxy still reads that, with a warning.
 */
export function parseHttpchk(c: ProxyContext, args: Args): void {
  const words = [args.next(), args.next(), args.next()].filter((word) => word !== null);
  const check = { ...newHttpCheck() };
  const [first, second, third] = words;
  if (first !== undefined && second === undefined) check.uri = first.text;
  else if (first !== undefined && second !== undefined) {
    check.method = first.text;
    check.uri = second.text;
  }
  const extras: { headers: [string, string][]; body: string | null } = { headers: [], body: null };
  if (third !== undefined) {
    const line = third.text.search(/\r?\n/);
    check.version = line < 0 ? third.text : third.text.slice(0, line);
    if (line >= 0) {
      args.warn(
        "config/deprecated",
        third,
        "headers or a body behind the version of 'option httpchk' are deprecated",
        "write them with 'http-check send'",
      );
      readHidden(third.text.slice(line), extras);
    }
    if (!/^HTTP\/1\.[01]$/.test(check.version)) {
      args.warn("config/bad-value", third, `'${check.version}' is not a version of HTTP/1`, "for instance HTTP/1.1");
    }
  }
  // What the `http-check` rules of this section have said stays: `http-check send` wins over this line.
  beginOwnCheck(c.proxy, args.keyword, true);
  const kept = c.proxy.httpCheck;
  const sent = c.proxy.marks.has("http-check send");
  c.proxy.httpCheck = {
    ...kept,
    ...(sent ? {} : { headers: extras.headers, body: extras.body }),
    method: c.proxy.marks.has("http-check send meth") ? kept.method : check.method,
    uri: c.proxy.marks.has("http-check send uri") ? kept.uri : check.uri,
    version: c.proxy.marks.has("http-check send ver") ? kept.version : check.version,
  };
  c.proxy.check = c.proxy.httpCheck;
  c.proxy.marks.set("check", args.keyword);
  c.proxy.marks.set("option httpchk", args.keyword);
  c.proxy.marks.delete("option grpc-check");
}

function readHidden(text: string, into: { headers: [string, string][]; body: string | null }): void {
  const lines = text.replace(/^\r?\n/, "");
  const empty = /(?:^|\r?\n)\r?\n/.exec(lines);
  const head = empty === null ? lines : lines.slice(0, empty.index);
  if (empty !== null) {
    const body = lines.slice(empty.index + empty[0].length);
    if (body !== "") into.body = body;
  }
  for (const header of head.split(/\r?\n/)) {
    const colon = header.indexOf(":");
    if (colon > 0) into.headers.push([header.slice(0, colon).trim(), header.slice(colon + 1).trim()]);
  }
}
