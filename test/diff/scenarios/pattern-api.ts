/** Maps and ACLs through the runtime API: what the commands print, and what they change for traffic. */
import { get, http, mirror } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const files = {
  list: "/a\n/b c\n/a\n",
  map: "/a one\n/b two words\n/a dup\n/c\n",
  ips: "10.0.0.0/8 net\n10.1.1.1 host\n",
  int: "/i 5\n",
  re: "^/r(.) x\n",
  sip: "a 1.2.3.4\nb 2001:db8::1\n",
  ints: "1 one\n5 five\n",
};

const FRONTEND = `
acl a path_beg /x /y
acl a path -i -f {file:list} /lit
acl n src 10.0.0.0/8 192.168.1.1
acl n2 dst_port 80 443:445 gt 1000
acl r path_reg ^/foo
acl f hdr(x) -m found
acl s hdr(x) -m sub -i abc
acl u hdr(x) -m end -u 77 zz
acl bo ssl_fc
acl bn hdr_cnt(x) -m bin 6162
acl le path_len 3
acl dr path_dir a
acl dm path,lower -m dom a.b
acl nets src 2001:db8::/32 1.2.3.4
acl ci path -i /Abc
acl cib path_beg -i /Abc
acl cir path_reg -i /Abc
http-request deny if a n n2 r f s u bo bn le dr dm nets ci cib cir
http-request set-header X %[path,map({file:map},def)]
http-request set-header Y %[path,map_beg({file:map},def)]
http-request set-header Z %[src,map_ip({file:ips},def)]
http-request set-header I %[path,map_str_int({file:int},0)]
http-request set-header R %[path,map_regm({file:re},0)] if { path /anon } || LOCALHOST
http-request set-header S %[path,map_str_ip({file:sip})]
http-request set-header V %[int(1),map_int({file:ints})]
http-request set-header A in if { path -f {file:list} }`;

/** References are addresses there and numbers here; HAProxy counts an entry once for each way of reading the set, and forgets to at times. */
const masked = (text: string): string =>
  text
    .replaceAll(/^0x[0-9a-f]+/gm, "0x")
    .replaceAll(/entry_cnt=\d+/g, "entry_cnt=N")
    .replaceAll(/ file '[^']*\.cfg'/g, " file F")
    .replaceAll(/^.*file 'httpclient'.*\n/gm, "");

function session(name: string, commands: readonly string[]): Scenario {
  return {
    name: `pattern api: ${name}`,
    config: http({ frontend: FRONTEND }),
    files,
    alone: true,
    servers: { s1: mirror },
    async client(talk) {
      for (const [i, command] of commands.entries()) talk.note(`${i} ${command}`, masked(await talk.command(command)));
    },
  };
}

/** Both kinds of a command. */
const both = (command: string): string[] => [command, command.replace("map", "acl")];
const everything = ["show map", "show acl", ...Object.keys(files).flatMap((name) => both(`show map {file:${name}}`))];

export const patternApi: readonly Scenario[] = [
  session("lists and contents", [
    ...everything,
    ...Array.from({ length: 24 }, (_, i) => `show acl #${i}`),
    ...[
      "#0",
      "#99",
      "-1",
      "zork",
      "@0",
      "@",
      "@1 {file:map}",
      "@0 {file:map}",
      "@x {file:map}",
      "@-1 {file:map}",
    ].flatMap((word) => both(`show map ${word}`)),
  ]),
  session("get", [
    ...[
      "",
      " {file:map}",
      " zork x",
      " {file:map} /a",
      " {file:map} /zzz",
      " {file:map} /a/b",
      " {file:ips} 10.1.1.1",
    ].flatMap((words) => both(`get map${words}`)),
    ...["{file:ips} 10.1.1.2", "{file:ips} 11.1.1.2", "{file:ips} foo", "{file:int} /i", "{file:re} /r3"].flatMap(
      (words) => both(`get map ${words}`),
    ),
    ...["{file:sip} a", "{file:sip} b", "{file:ints} 1", "{file:ints} 2", "{file:list} /A"].flatMap((words) =>
      both(`get map ${words}`),
    ),
    "get acl #0 /x/y",
    "get acl {file:list} /b\\ c",
    "get acl #3 10.2.3.4",
    "get acl #3 bad",
    "get acl #3 ::ffff:10.2.3.4",
    ...["444", "2000", "50", "12abc"].map((value) => `get acl #4 ${value}`),
    "get acl #5 /foobar",
    "get acl #6 xx",
    "get acl #7 xxABCxx",
    "get acl #77 fizz",
    "get acl #8 1",
    "get acl #9 ab",
    "get acl #10 abc",
    "get acl #11 /x/a/b",
    "get acl #12 foo.a.b.c",
    ...["2001:db8::5", "1.2.3.4"].map((value) => `get acl #13 ${value}`),
    "get acl #14 /aBC",
    "get acl #15 /aBCd",
    "get acl #16 /aBCd",
  ]),
  session("add", [
    ...[
      "",
      " zork",
      " zork a",
      " zork a b",
      " {file:map}",
      " {file:map} k",
      " {file:map} k v",
      " {file:map} k2 v w x",
    ].flatMap((words) => both(`add map${words}`)),
    "add map {file:int} k notnum",
    "add map {file:int} k 12",
    "add map {file:ips} badip x",
    "add map {file:ips} 20.0.0.0/8 x y",
    "add map #0 a b",
    "add acl {file:list} /new",
    "add acl {file:list} /new word2",
    "add acl #3 badip",
    "add acl #3 1.2.3.4",
    "add acl #5 ^/bar",
    "add acl #4 3:5",
    "add acl #4 abc",
    ...everything,
    ...[0, 3, 4, 5].map((id) => `show acl #${id}`),
    "add map {file:map} <<\nka va\nkb  vb two\n",
    "add map {file:map} <<\nka\n",
    "add map {file:map} <<\nka \n",
    "add map {file:int} <<\ngood 1\nbad x\nlast 3\n",
    "add map {file:map} a <<\nq v\n",
    "add map zork <<\nq v\n",
    "add acl {file:list} <<\n/p1\n",
    "add acl {file:list} a <<\n/pp\n",
    ...everything,
    "get map {file:map} ka",
    "get acl {file:list} /pp",
  ]),
  session("set and del", [
    "add map {file:map} k v",
    ...["", " zork", " zork a b", " {file:map}", " {file:map} k", " {file:map} /a newv", " {file:map} nosuch v"].map(
      (words) => `set map${words}`,
    ),
    "set map {file:map} k v2 v3",
    "set map {file:int} /i 77",
    "set map {file:int} /i notnum",
    ...["#1", "#0xzz", "#12zz", "#0x1000000000000", "#"].flatMap((word) => [
      `set map {file:map} ${word} x`,
      `del map {file:map} ${word}`,
      `del acl {file:list} ${word}`,
    ]),
    "set map #0 /x b",
    ...everything,
    ...["", " zork", " zork a", " {file:map}", " {file:map} nosuch", " {file:map} /a"].flatMap((words) =>
      both(`del map${words}`),
    ),
    "del map {file:map} k extra",
    "del acl {file:list} /a",
    "del acl #0 /x",
    "show acl #0",
    ...everything,
    "get map {file:map} /a",
  ]),
  session("versions", [
    ...["", " zork", " {file:map}", " {file:map}", " {file:map} extra", " {file:list}"].flatMap((words) =>
      both(`prepare map${words}`),
    ),
    "show map",
    ...[1, 2, 9, 0].map((version) => `add map @${version} {file:map} p${version} v`),
    "add map @1 {file:map} <<\npl a\n",
    "add map @1 {file:map}",
    "add map @1",
    "add acl @1 {file:list} /ver",
    "add acl @9 {file:list} /ver",
    "add map @1 {file:ips} bad v",
    ...["", "@0 ", "@1 ", "@2 ", "@9 "].map((version) => `show map ${version}{file:map}`),
    "get map {file:map} p1",
    ...["", " @1", " @9 {file:map}", " @1 {file:map}", " zork", " @2 zork"].flatMap((words) =>
      both(`clear map${words}`),
    ),
    "show map @1 {file:map}",
    "add map @1 {file:map} again v",
    ...[
      "",
      " {file:map}",
      " @1",
      " @9 {file:map}",
      " @0 {file:map}",
      " @2 zork",
      " @x {file:map}",
      " @ {file:map}",
    ].flatMap((words) => both(`commit map${words}`)),
    "commit map @2 {file:map}",
    ...everything,
    "show map @1 {file:map}",
    "commit map @1 {file:map}",
    "commit map @3 {file:map}",
    "show map {file:map}",
    "add map {file:map} zz 1",
    "get map {file:map} zz",
    "clear map {file:map}",
    "get map {file:map} zz",
    "commit acl @1 {file:list}",
    "commit acl @1 {file:list}",
    "prepare acl #0",
    "add acl @1 #0 /newx",
    "get acl #0 /newx",
    "commit acl @1 #0",
    "get acl #0 /newx",
    "get acl #0 /x",
    "clear acl #0",
    "clear map #0",
    "get acl #0 /newx",
    ...everything,
  ]),
  ...(["user", "operator"] as const).map((level) =>
    session(`what one at level ${level} may do`, [
      ...[
        "show map",
        "get map {file:map} /a",
        "add map {file:map} k v",
        "set map {file:map} k w",
        "prepare map {file:map}",
      ].map((command) => `${level};${command}`),
      ...["commit map @1 {file:map}", "add acl {file:list} /z", "del acl {file:list} /z", "clear acl {file:list}"].map(
        (command) => `${level};${command}`,
      ),
    ]),
  ),
  {
    name: "pattern api: what traffic sees",
    config: http({ frontend: FRONTEND }),
    files,
    alone: true,
    servers: { s1: mirror },
    async client(talk) {
      for (const command of [
        "",
        "set map {file:map} /a changed",
        "add map {file:map} /zzz added",
        "del map {file:map} /c",
        "add acl {file:list} /zzz",
        "add map {file:int} /zzz 9",
        "add map {file:ips} 127.0.0.0/8 loop",
        "clear map {file:map}",
        "prepare map {file:map}",
        "add map @1 {file:map} <<\n/a once\n/zzz again\n",
        "commit map @1 {file:map}",
        "add acl #0 /zzz",
        "del acl {file:list} /a",
      ]) {
        if (command !== "") talk.note(command, await talk.command(command));
        for (const target of ["/a", "/c", "/zzz/1", "/zzz"])
          talk.note(`${command} ${target}`, await talk.once(get(target)));
      }
    },
  },
];
