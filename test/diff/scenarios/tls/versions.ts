/** Versions, ciphers, ALPN. */
import { echo } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { files, tlsFront, V12, ask } from "./tools.ts";

const version = (name: string, words: string, global = ""): Scenario => ({
  name: `tls versions: ${name}`,
  config: tlsFront(`crt {file:main.pem} ${words}`, {
    frontend:
      "http-request return status 200 content-type text/plain lf-string %[ssl_fc_protocol]/%[ssl_fc_cipher,field(1,_)]",
  }),
  ...(global === "" ? {} : { global }),
  files,
  servers: { s1: echo },
  async client(talk) {
    for (const exact of [0x301, 0x302, 0x303, 0x304]) {
      await ask(talk, exact.toString(16), { name: "main.test", minVersion: exact, maxVersion: exact });
    }
  },
  compare: { logOrder: "any", clientClose: "closed" },
});

export const versions: readonly Scenario[] = [
  version("default", ""),
  version("ssl-min-ver TLSv1.3", "ssl-min-ver TLSv1.3"),
  version("ssl-max-ver TLSv1.2", "ssl-max-ver TLSv1.2"),
  version("force-tlsv12", "force-tlsv12"),
  version("no-tlsv13", "no-tlsv13"),
  version("no-tlsv12", "no-tlsv12"),
  version("defaults of the global section", "", "    ssl-default-bind-options ssl-min-ver TLSv1.3"),
  version("the line before the global section", "force-tlsv12", "    ssl-default-bind-options ssl-min-ver TLSv1.3"),
  version("one cipher", "ciphers ECDHE-ECDSA-AES128-GCM-SHA256"),
];

const alpn = (name: string, words: string, offers: readonly (readonly string[])[]): Scenario => ({
  name: `tls ALPN: ${name}`,
  config: tlsFront(`crt {file:main.pem} ${words}`, {
    frontend: "http-request return status 200 content-type text/plain lf-string [%[ssl_fc_alpn]]",
  }),
  files,
  servers: { s1: echo },
  async client(talk) {
    for (const offer of offers)
      await ask(talk, offer.join(), { ...V12, name: "main.test", ...(offer.length === 0 ? {} : { alpn: offer }) });
  },
  compare: { logOrder: "any" },
});

export const protocols: readonly Scenario[] = [
  alpn("http/1.1", "alpn http/1.1", [[], ["http/1.1"], ["h2", "http/1.1"], ["foo"]]),
  alpn("none configured", "", [[], ["http/1.1"]]),
  alpn("the order of the line counts", "alpn http/1.1,http/1.0", [["http/1.0", "http/1.1"], ["http/1.0"]]),
];
