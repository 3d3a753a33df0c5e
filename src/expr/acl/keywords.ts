import type { MethodName } from "./patterns/index.ts";
import { dotted } from "./patterns/dotted.ts";
import { meth } from "./patterns/meth.ts";
import type { MatchMethod } from "./patterns/method.ts";
import { methods } from "./patterns/index.ts";

/** A criterion of its own name: the fetch it stands for and the match method it implies. */
export interface AclKeyword {
  readonly name: string;
  readonly fetch: string;
  readonly method: MatchMethod;
}

const suffixes = ["beg", "dir", "dom", "end", "len", "reg", "sub"] as const satisfies readonly MethodName[];

/** Keyword, fetch, and whether every derived form of it exists (HAProxy's keyword dump, "ACL keywords"). */
const families: readonly (readonly [keyword: string, fetch: string])[] = [
  ["base", "base"],
  ["cook", "req.cook"],
  ["hdr", "req.hdr"],
  ["path", "path"],
  ["scook", "res.cook"],
  ["shdr", "res.hdr"],
  ["url", "url"],
  ["urlp", "urlp"],
];

const others: readonly (readonly [keyword: string, fetch: string, method: MatchMethod])[] = [
  ["http_auth_group", "http_auth_group", methods.str],
  ["method", "method", meth],
  ["payload", "req.payload", methods.bin],
  ["payload_lv", "req.payload_lv", methods.bin],
  ["req.ssl_ver", "req.ssl_ver", dotted],
  ["req_rdp_cookie", "req.rdp_cookie", methods.str],
  ["req_rdp_cookie_cnt", "req.rdp_cookie_cnt", methods.int],
  ["req_ssl_sni", "req.ssl_sni", methods.str],
  ["req_ssl_ver", "req.ssl_ver", dotted],
  ["req_ver", "req.ver", methods.str],
  ["resp_ver", "res.ver", methods.str],
  ["ssl_fc_sni_end", "ssl_fc_sni", methods.end],
  ["ssl_fc_sni_reg", "ssl_fc_sni", methods.reg],
];

/** The criteria that only ACLs know, and those that imply another method than their type does. */
export const aclKeywords: ReadonlyMap<string, AclKeyword> = new Map(
  [
    ...families.flatMap(([name, fetch]) => [
      { name, fetch, method: methods.str },
      ...suffixes.map((suffix) => ({ name: `${name}_${suffix}`, fetch, method: methods[suffix] })),
    ]),
    ...others.map(([name, fetch, method]) => ({ name, fetch, method })),
  ].map((row) => [row.name, row]),
);
