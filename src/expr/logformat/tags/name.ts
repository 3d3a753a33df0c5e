import type { Tag } from "../format.ts";
import { hexadecimal, text } from "../text.ts";

/** Who took part: proxies, server, process, TLS. */
export const nameTags = {
  f: { help: "frontend", compile: (f) => text(f, (r) => r.frontendName) },
  ft: {
    help: "frontend, with ~ after it for TLS",
    compile: (f) => {
      const q = f.quote ? '"' : "";
      return (r) => (r.tls ? q + r.frontendName + "~" + q : q + r.frontendName + q);
    },
  },
  b: { help: "backend", compile: (f) => text(f, (r) => r.backendName) },
  s: { help: "server", compile: (f) => text(f, (r) => r.serverName) },
  H: { help: "name of this machine", compile: (f, { hostname }) => text(f, () => hostname) },
  pid: {
    help: "process number",
    compile: (f, { pid }) => {
      const value = f.hex ? hexadecimal(pid, 4) : String(pid);
      return () => value;
    },
  },
  ID: { help: "unique id of the request", late: true, compile: (f) => text(f, (r) => r.uniqueId) },
  sslc: { help: "TLS cipher of the client's connection", compile: (f) => text(f, (r) => r.tlsCipher) },
  sslv: { help: "TLS version of the client's connection", compile: (f) => text(f, (r) => r.tlsVersion) },
} satisfies Record<string, Tag>;
