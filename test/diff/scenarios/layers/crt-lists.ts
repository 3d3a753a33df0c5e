/** Which line of a crt-list a client meets. */
import type { TlsWish } from "../../../harness/client.ts";
import { echo, get } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { revoked, files, V12, V13, OPEN, listens } from "./tools.ts";
import { who } from "./samples.ts";

/** Lines of a crt-list with their filters and options, met by each of these clients. */
const listed = (name: string, list: readonly string[], wishes: readonly TlsWish[], words = ""): Scenario => ({
  name: `layers: crt-list, ${name}`,
  config: listens(`ssl crt-list {file:list.txt} ${words}`, {
    frontend:
      "http-request return status 200 content-type text/plain lf-string %[ssl_f_s_dn(CN)]/%[ssl_fc_sni]/%[ssl_fc_protocol]/%[ssl_fc_alpn]/%[ssl_c_used]",
  }),
  files: { ...files, "list.txt": `${list.join("\n")}\n` },
  servers: { s1: echo },
  async client(talk) {
    for (const [index, wish] of wishes.entries()) {
      // HAProxy may refuse in the handshake where tlb refuses right behind it: what counts is whether there is an answer.
      const peer = await talk.connect("fe", { tls: wish });
      peer.send(get("/", "Connection: close"));
      const text = await peer.response({ ms: 800 }).catch(() => "none");
      talk.note(`${index} ${wish.name ?? "-"}`, text.split("\r\n\r\n").at(-1));
    }
  },
  compare: { ...OPEN, logOrder: "any" },
});
const MAIN = "{file:main.pem}";
const SECOND = "{file:second.pem}";
const hosts = [
  "main.test",
  "second.test",
  "a.second.test",
  "b.a.second.test",
  "x.example",
  "a.x.example",
  "other",
  "",
].map((name): TlsWish => ({ ...V12, name }));
const both12and13 = ["main.test", "second.test"].flatMap((name): TlsWish[] => [
  { name, maxVersion: 0x303 },
  { name, minVersion: 0x304 },
]);
const versions = ["main.test", "second.test", "other", ""].flatMap((name): TlsWish[] => [
  { name },
  { name, maxVersion: 0x303 },
  { name, minVersion: 0x304 },
]);
const groups = ["main.test", "second.test", ""].flatMap((name): TlsWish[] =>
  ["X25519", "P-384", "P-384:X25519"].flatMap((curves) => [
    { name, curves },
    { ...V12, name, curves },
  ]),
);
export const lists: readonly Scenario[] = [
  listed("names of the certificates", [MAIN, SECOND], hosts),
  listed("comments and blank lines", ["# certificates", "", `  ${MAIN}`, `${SECOND}  `], hosts),
  listed("filters", [`${MAIN} x.example`, `${SECOND} *.x.example second.test`], hosts),
  listed("a star for all", [MAIN, `${SECOND} *`], hosts),
  listed("negation", [MAIN, `${SECOND} *.second.test !a.second.test`], hosts),
  listed("negation alone", [MAIN, `${SECOND} !a.second.test`], hosts),
  listed("a filter in upper case", [MAIN, `${SECOND} X.EXAMPLE`], hosts),
  listed("a full name and a wildcard", [`${MAIN} *.second.test`, `${SECOND} a.second.test`], hosts),
  listed("twice the same name", [`${MAIN} x.example`, `${SECOND} x.example`], hosts),
  listed("strict-sni", [`${MAIN} x.example`, SECOND], hosts, "strict-sni"),
  listed("versions of a line", [MAIN, `${SECOND} [ssl-min-ver TLSv1.3] second.test`], both12and13),
  listed("versions of the first line", [`${MAIN} [ssl-min-ver TLSv1.3]`, `${SECOND} second.test`], both12and13),
  listed(
    "versions of the bind line and one",
    [MAIN, `${SECOND} [ssl-min-ver TLSv1.2] second.test`],
    both12and13,
    "ssl-min-ver TLSv1.3",
  ),
  listed("the highest version of a line", [MAIN, `${SECOND} [ssl-max-ver TLSv1.2] second.test`], versions),
  listed("the highest version of the first line", [`${MAIN} [ssl-max-ver TLSv1.2]`, `${SECOND} second.test`], versions),
  listed(
    "a higher version than that of the bind line",
    [MAIN, `${SECOND} [ssl-max-ver TLSv1.3] second.test`],
    versions,
    "ssl-max-ver TLSv1.2",
  ),
  listed(
    "one version for each line",
    [`${MAIN} [ssl-min-ver TLSv1.3]`, `${SECOND} [ssl-max-ver TLSv1.2] second.test`],
    versions,
  ),
  listed("curves of a line", [MAIN, `${SECOND} [curves P-384] second.test`], groups),
  listed(
    "protocols of a line",
    [`${MAIN} [alpn http/1.1]`, `${SECOND} [alpn foo,http/1.0] second.test`],
    ["main.test", "second.test", "other"].map((name) => ({ ...V12, name, alpn: ["http/1.0", "http/1.1"] })),
    "alpn http/1.0",
  ),
  listed(
    "client certificates by line",
    [MAIN, `${SECOND} [ca-file {file:ca.pem} verify required] second.test`],
    [
      { ...V12 },
      { ...V12, name: "second.test" },
      { ...V12, name: "second.test", ...who },
      { ...V13, name: "second.test", ...who },
      { ...V13, name: "second.test" },
    ],
  ),
  listed(
    "no client certificate for one line",
    [MAIN, `${SECOND} [verify none] second.test`],
    [{ ...V12 }, { ...V12, ...who }, { ...V12, name: "second.test" }, { ...V13, name: "second.test" }],
    "ca-file {file:ca.pem} verify required",
  ),
  listed(
    "revoked for one line",
    [
      `${MAIN} [ca-file {file:ca.pem} verify required]`,
      `${SECOND} [ca-file {file:ca.pem} crl-file {file:crl.pem} verify required] second.test`,
    ],
    ["main.test", "second.test"].flatMap((name) => [
      { ...V12, name, ...who },
      { ...V12, name, key: revoked.key, cert: revoked.cert },
    ]),
  ),
  listed(
    "ciphers of a line",
    [MAIN, `${SECOND} [ciphers ECDHE-ECDSA-AES128-GCM-SHA256] second.test`],
    ["main.test", "second.test"].flatMap((name) =>
      ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"].map((ciphers) => ({ ...V12, name, ciphers })),
    ),
  ),
];
