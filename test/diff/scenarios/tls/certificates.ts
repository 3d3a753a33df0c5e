/** Certificates by name. */
import { echo } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { files, tlsFront, V12, ask } from "./tools.ts";

const bySni = (
  name: string,
  words: string,
  extra: Readonly<Record<string, string>>,
  names: readonly (string | null)[],
): Scenario => ({
  name: `tls certificate by name: ${name}`,
  config: tlsFront(words, {
    frontend:
      "http-request return status 200 content-type text/plain lf-string %[ssl_f_s_dn(CN)]/%[ssl_fc_sni]/%[ssl_fc_has_sni]",
  }),
  files: { ...files, ...extra },
  servers: { s1: echo },
  async client(talk) {
    for (const host of names) await ask(talk, String(host), { ...V12, ...(host === null ? {} : { name: host }) });
  },
  compare: { logOrder: "any" },
});

const NAMES = [
  "main.test",
  "second.test",
  "ALSO.test",
  "x.wild.test",
  "y.x.wild.test",
  "wild.test",
  "nobody.test",
  null,
];

export const certificates: readonly Scenario[] = [
  bySni("several crt", "crt {file:main.pem} crt {file:second.pem} crt {file:wild.pem}", {}, NAMES),
  bySni("another default", "crt {file:wild.pem} crt {file:main.pem} crt {file:apart.crt}", {}, NAMES),
  bySni("strict-sni", "strict-sni crt {file:main.pem} crt {file:wild.pem}", {}, NAMES),
  bySni("bundle of two kinds of key", "crt {file:both.pem}", {}, ["main.test", "nobody.test"]),
  bySni("an expired one alone", "crt {file:main.pem} crt {file:old.pem}", {}, ["old.test", "main.test"]),
];
