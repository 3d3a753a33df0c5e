/** What the runtime API shows of the files that were read for TLS. */
import type { Scenario } from "../../scenario.ts";
import { files, foreign, middle, rsa, tlsFront } from "./tools.ts";

/** HAProxy has the system's authorities for a client of its own, and a NUL behind the protocols of a line. */
const masked = (text: string): string => text.replace(/^@system-ca - .*\n/m, "").replaceAll("\0]", "]");

const kinds: Readonly<Record<string, readonly string[]>> = {
  cert: ["main.pem", "second.pem", "wild.pem", "client.pem", "chain.pem", "ca.pem", "nosuch"],
  "ca-file": [
    "cas.pem",
    "cas.pem:1",
    "cas.pem:2",
    "cas.pem:3",
    "cas.pem:9",
    "cas.pem:x",
    "cas.pem:0",
    "ca.pem",
    "main.pem",
    "nosuch:1",
  ],
  "crl-file": ["crl.pem", "crl.pem:1", "crl.pem:2", "crl.pem:x", "ca.pem", "nosuch"],
  "crt-list": ["list.txt", "nosuch"],
};

export const shown: readonly Scenario[] = [
  {
    name: "tls: show ssl",
    config: tlsFront(
      "crt {file:main.pem} crt-list {file:list.txt} verify optional ca-file {file:cas.pem} crl-file {file:crl.pem}",
      {
        servers: { s1: "ssl verify required ca-file {file:ca.pem} crt {file:client.pem}" },
      },
    ),
    alone: true,
    files: {
      ...files,
      "chain.pem": rsa.pem + files["ca.pem"]!,
      // HAProxy shows them in an order that its library gives them; here it is that of the file.
      "cas.pem": middle.cert + files["ca.pem"]! + foreign.cert,
      "list.txt":
        "# names\n{file:second.pem} [alpn h2,http/1.1] second.test !no.second.test *.more.test\n\n" +
        "{file:wild.pem}\n{file:wild.pem} [ssl-max-ver TLSv1.2] other.test\n{file:chain.pem} chain.test\n",
    },
    async client(talk) {
      for (const [kind, names] of Object.entries(kinds)) {
        for (const words of ["", ...names.map((name) => ` {file:${name}}`)]) {
          talk.note(`${kind}${words}`, masked(await talk.command(`show ssl ${kind}${words}`)));
        }
      }
      for (const words of ["-n", "-n {file:list.txt}", "-n nosuch", "-x {file:list.txt}"]) {
        talk.note(words, masked(await talk.command(`show ssl crt-list ${words}`)));
      }
    },
  },
];
