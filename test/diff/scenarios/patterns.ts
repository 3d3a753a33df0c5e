/** Map files, pattern files, and the actions that change them: set-map, del-map, add-acl, del-acl. */
import { echo, get, http, sends } from "../build.ts";
import { respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";
import { mirror } from "../build.ts";

const files = {
  map: "# a comment\n/a one\n/b   two words\n/a again\n/n 17\n\n/e\n",
  int: "/a 1\n/b -7\n",
  ips: "10.0.0.0/8 net ten\n127.0.0.1 local\n",
  beg: "/api api\n/api/v2 second\n/ root\n",
  reg: "^/u/([0-9]+) user\\1\n^/ other\n",
  sub: "an\nbo\n",
  list: "/a\n/b\n",
  res: "ok yes\n",
  hosts: "# names\n10.1.0.0/16\nlocalhost/24\n",
};

function one(name: string, frontend: string, ...requests: string[]): Scenario {
  return {
    name: `patterns: ${name}`,
    config: http({ frontend }),
    files,
    servers: { s1: mirror },
    client: sends(...requests),
  };
}

const show = (expression: string): string => `http-request set-header X-V <%[${expression}]>`;
const targets = ["/a", "/b", "/n", "/e", "/zzz", "/api/v2/x", "/u/42/x"].map((target) => get(target));

/** X-Do tells what is done before the value is shown. */
const MAP_RULES = `
http-request set-map({file:map}) %[path] %[req.hdr(x-value)] if { req.hdr(x-do) set }
http-request del-map({file:map}) %[path] if { req.hdr(x-do) del }
${show("path,map({file:map},none)")}`;
const ACL_RULES = `
http-request add-acl({file:list}) %[path] if { req.hdr(x-do) -m str add }
http-request del-acl({file:list}) %[path] if { req.hdr(x-do) del }
http-request set-header X-V in if { path -f {file:list} }
http-request set-header X-B in if { path_beg -f {file:list} }`;

export const patterns: readonly Scenario[] = [
  one("map", show("path,map({file:map})"), ...targets),
  one("map with a default", show("path,map({file:map},none)"), ...targets),
  one("map_int", show("path,map_str_int({file:int},5),add(1)"), ...targets),
  one("map_beg", show("path,map_beg({file:beg})"), ...targets),
  one("map_reg", show("path,map_reg({file:reg})"), ...targets),
  one("map_regm", show("path,map_regm({file:reg})"), ...targets),
  one("map_ip", show("src,map_ip({file:ips})"), get("/")),
  one(
    "host names in patterns of addresses",
    `
http-request set-header X-Src in if { src localhost }
http-request set-header X-Net in if { hdr(x-ip) -m ip localhost/8 }
http-request set-header X-File in if { hdr_ip(x-ip) -f {file:hosts} }
http-request set-header X-Old in if { hdr_ip(x-ip) 127.1 }`,
    ...["127.0.0.1", "127.0.0.77", "127.3.4.5", "10.1.2.3", "10.2.2.3", "::1", "::ffff:127.0.0.1"].map((ip) =>
      get("/", `X-Ip: ${ip}`),
    ),
  ),
  one("use_backend by a map", "use_backend %[path,map({file:map},be)]", get("/zzz")),
  one("acl -f", "http-request deny if { path -f {file:list} }", ...targets),
  one("acl -f of sub", "http-request deny if { path_sub -f {file:sub} }", get("/banana"), get("/cab"), get("/bob")),
  one("map in an ACL", "http-request deny if { path,map({file:map}) one }", ...targets),
  one(
    "set-map and del-map",
    MAP_RULES,
    get("/a"),
    get("/a", "X-Do: set", "X-Value: changed"),
    get("/a"),
    get("/new", "X-Do: set", "X-Value: a  b"),
    get("/new"),
    get("/new", "X-Do: set"),
    get("/new", "X-Do: del"),
    get("/new"),
    get("/a", "X-Do: del"),
    get("/a"),
    get("/b"),
    get("/a", "X-Do: set", "X-Value: back"),
    get("/gone", "X-Do: del"),
  ),
  one(
    "add-acl and del-acl",
    ACL_RULES,
    get("/a/x"),
    get("/new/x"),
    get("/new", "X-Do: add"),
    get("/new/x"),
    get("/new", "X-Do: add"),
    get("/new", "X-Do: del"),
    get("/new/x"),
    get("/a", "X-Do: del"),
    get("/a"),
    get("/b"),
  ),
  one(
    "set-map of a number that is none",
    `http-request set-map({file:int}) %[path] %[req.hdr(x-value)] if { req.hdr(x-value) -m found }\n${show("path,map_str_int({file:int},0)")}`,
    get("/a", "X-Value: 12"),
    get("/a", "X-Value: x"),
    get("/a"),
    get("/k", "X-Value: y"),
    get("/k"),
    get("/k", "X-Value: -3"),
  ),
  one(
    "one file for two users",
    `http-request set-map({file:map}) %[path] v if { req.hdr(x-do) set }\nhttp-request set-header X-K in if { path,map_str({file:map}) -m found }\n${show("path,map_beg({file:map})")}`.replace(
      "map_key",
      "map_str_key",
    ),
    get("/q/x"),
    get("/q", "X-Do: set"),
    get("/q/x"),
  ),
  one("a file nobody reads", "http-request set-map(nobody.map) a b\nhttp-request add-acl(nobody.acl) x", get("/")),
  {
    name: "patterns: set-map of a response",
    config: http({
      frontend: `http-response set-map({file:res}) %[res.hdr(x-key)] %[res.hdr(x-val)]\nhttp-response del-map({file:res}) ok if { res.hdr(x-key) drop }\nhttp-request set-header X-Seen <%[req.hdr(x-ask),map({file:res})]>`,
    }),
    files,
    servers: {
      s1: respond((text) => {
        const seen = /x-seen: (.*)/.exec(text)?.[1] ?? "";
        const key = /x-key: (.*)/.exec(text)?.[1] ?? "none";
        return `HTTP/1.1 200 OK\r\nX-Key: ${key.trim()}\r\nX-Val: v-${key.trim()}\r\nContent-Length: ${seen.length}\r\n\r\n${seen}`;
      }),
    },
    client: sends(
      get("/", "X-Key: k1", "X-Ask: k1"),
      get("/", "X-Ask: k1"),
      get("/", "X-Key: drop", "X-Ask: ok"),
      get("/", "X-Ask: ok"),
    ),
  },
  {
    name: "patterns: changes are seen by the rules that follow",
    config: http({ frontend: `http-request set-map({file:map}) /k %[path]\n${show("str(/k),map({file:map})")}` }),
    files,
    servers: { s1: echo },
    client: sends(get("/1"), get("/2")),
  },
];
