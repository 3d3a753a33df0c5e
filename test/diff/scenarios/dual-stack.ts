/** Clients of IPv4 on sockets of IPv6: what logs, headers, samples and hashes call them. */
import { echo, get, HTTP_DEFAULTS } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const config = (lines: string): string => `${HTTP_DEFAULTS}listen fe
    bind :::{fe} v4v6
${lines}
    server s1 127.0.0.1:{s1}
    server s2 127.0.0.1:{s2}
    server s3 127.0.0.1:{s3}
`;

const servers = { s1: echo, s2: echo, s3: echo };

const cases: readonly (readonly [name: string, lines: string])[] = [
  ["headers", "option forwardfor\noption originalto"],
  ["forwardfor except", "option forwardfor except 127.0.0.0/8"],
  [
    "samples",
    "http-request set-header x-src %[src]\nhttp-request set-header x-dst %[dst]\nhttp-request set-header x-ci %ci\nhttp-request set-header x-mask %[src,ipmask(24)]",
  ],
  ["an ACL of IPv4", "http-request deny if { src 127.0.0.0/8 }"],
  ["an ACL of IPv6", "http-request deny if { src ::ffff:127.0.0.1 }"],
  ["balance source", "balance source"],
  ["hash of src", "balance hash src\nhash-type consistent"],
];

export const dualStack: readonly Scenario[] = cases.map(([name, lines]) => ({
  name: `dual stack: ${name}`,
  config: config(lines),
  servers,
  async client(talk) {
    for (let i = 0; i < 2; i++) {
      const client = await talk.connect("fe", { from: `127.0.0.${3 + i}` });
      client.send(get("/"));
      await client.response();
      client.close();
      await talk.logged(i + 1);
    }
  },
}));
