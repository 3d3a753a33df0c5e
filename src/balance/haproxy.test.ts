/**
 * The same configuration and the same requests through HAProxy and through the balancers: every request must go to the same
 * server. Skipped where HAProxy is not installed.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { HashFunction } from "../config/model.ts";
import { Admin } from "../counters/shared.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import {
  type BackendSpec,
  makeBackend,
  makeRequest,
  type RequestSpec,
  type ServerSpec,
  setServer,
} from "./fixture.helper.ts";
import { createBalancer } from "./index.ts";
import { haproxy, Oracle } from "./oracle.helper.ts";
import type { Balancer, BalanceRequest } from "./types.ts";

let seed = 12345;
function random(n: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
}

const sets: Readonly<Record<string, readonly ServerSpec[]>> = {
  weights: [{ weight: 3 }, { weight: 1 }, { weight: 2 }],
  down: [{ weight: 3 }, { weight: 1, disabled: true }, { weight: 2 }],
  ids: [{ id: 10 }, { id: 1001 }, { id: 7 }, { id: 30 }, { id: 500000 }],
  heavy: [{ weight: 100 }, { weight: 37 }, { weight: 256 }, { weight: 0 }, { weight: 8 }],
  gcd: [{ weight: 60 }, { weight: 30, disabled: true }, { weight: 90, backup: true }, { weight: 120 }],
  standIn: [{ disabled: true }, { weight: 4, backup: true }, { weight: 2, backup: true }],
};

interface Case {
  readonly spec: BackendSpec;
  readonly requests: readonly RequestSpec[];
}

const cases: Record<string, Case> = {};

// Keys of all sorts: plain, long, bytes above 127 (legal in field values), close to each other.
const keys: string[] = [];
for (let i = 0; i < 500; i++) {
  let key = i % 2 ? `user-${i}` : "";
  for (let n = random(24); n > 0; n--) key += String.fromCharCode(i % 5 === 0 ? 161 + random(94) : 97 + random(26));
  keys.push(key === "" ? `k${i}` : key);
}
const byHeader = keys.map((key): RequestSpec => ({ headers: { "x-key": key } }));
const header = { kind: "hdr", name: "x-key", useDomainOnly: false } as const;

for (const [set, servers] of Object.entries(sets)) {
  for (const fn of ["sdbm", "djb2", "wt6", "crc32"] satisfies HashFunction[]) {
    for (const method of ["map-based", "consistent"] as const) {
      for (const avalanche of [false, true]) {
        const spec: BackendSpec = { servers, algorithm: header, hash: { method, function: fn, avalanche } };
        cases[`hdr-${set}-${fn}-${method}${avalanche ? "-avalanche" : ""}`] = { spec, requests: byHeader };
      }
    }
  }
}

const uris: RequestSpec[] = [];
for (let i = 0; i < 250; i++) {
  const path = Array.from({ length: 1 + random(6) }, () => `dir${random(20)}`).join("/");
  const query = i % 3 === 0 ? `?id=${i}&x=${random(9)}/${i}` : i % 7 === 0 ? "?" : "";
  const authority = i % 10 === 9 ? `http://host${random(5)}.example` : "";
  uris.push({ uri: `${authority}/${path}${i % 4 === 0 ? "/" : ""}${query}` });
}
const uri = { kind: "uri", whole: false, len: 0, depth: 0, pathOnly: false } as const;
const params: RequestSpec[] = [];
for (let i = 0; i < 150; i++) {
  const values = [`?id=${i}`, `?a=1&id=${i}&b=2`, "?idx=1&xid=2", "?id=", "", `?a&id=v${i}&id=w`, `?&&id=${i}`, "?id"];
  params.push({ uri: `/${values[i % values.length]}` });
  if (i % 3 === 0) params.push({ uri: i % 2 ? `/?id=q${i}` : "/", body: `name=x&id=${i}&z=1` });
  if (i % 8 === 0) params.push({ uri: "/", body: "other=1" });
}
const domains: RequestSpec[] = [
  ...[
    "www.example.com",
    "example.com",
    "example",
    "a.b.c.d",
    ".com",
    "x.",
    "x..y",
    ".",
    "10.1.2.3",
    "a.example.org:8080",
  ],
  ...["one, two", "one,two", '"a,b", c', "", ",", ", b", "same", "same ,x"],
  ...Array.from({ length: 100 }, (_, i) => `www${random(50)}.site${i}.${i % 2 ? "com" : "co.uk"}`),
].map((value) => ({ headers: { "x-key": value } }));
domains.splice(5, 0, {}, {}, { headers: { other: "x" } });
const addresses: RequestSpec[] = [];
for (let i = 0; i < 200; i++) {
  const v6 = Array.from({ length: 8 }, () => random(65536).toString(16)).join(":");
  addresses.push({ address: i % 3 === 0 ? v6 : `${1 + random(220)}.${random(256)}.${random(256)}.${random(256)}` });
}

const url = { kind: "url_param", name: "id", checkPost: 0 } as const;
const servers = sets["heavy"]!;
for (const method of ["map-based", "consistent"] as const) {
  for (const avalanche of [false, true]) {
    const hash = { method, function: "sdbm", avalanche } as const;
    const suffix = `${method}${avalanche ? "-avalanche" : ""}`;
    const add = (name: string, spec: Omit<BackendSpec, "servers" | "hash">, requests: readonly RequestSpec[]) => {
      cases[`${name}-${suffix}`] = { spec: { servers, hash, ...spec }, requests };
    };
    add("uri", { algorithm: uri }, uris);
    add("uri-whole", { algorithm: { ...uri, whole: true } }, uris);
    add("uri-len", { algorithm: { ...uri, len: 13 } }, uris);
    add("uri-depth1", { algorithm: { ...uri, depth: 1 } }, uris);
    add("uri-depth3", { algorithm: { ...uri, depth: 3 } }, uris);
    add("uri-path", { algorithm: { ...uri, pathOnly: true } }, uris);
    add("uri-all", { algorithm: { kind: "uri", whole: true, len: 20, depth: 2, pathOnly: true } }, uris);
    add("param", { algorithm: url }, params);
    add("param-post", { algorithm: { ...url, checkPost: 1 } }, params);
    add("domain", { algorithm: { ...header, useDomainOnly: true } }, domains);
    add("values", { algorithm: header }, domains);
    add(
      "hash",
      {
        algorithm: {
          kind: "hash",
          expression: { text: "req.hdr(x-key)", at: { file: "test.cfg", line: 1, column: 1 }, endColumn: 15 },
        },
      },
      [{}, ...byHeader.slice(0, 100), {}],
    );
    add("source", { algorithm: { kind: "source" } }, addresses);
  }
}
const plain = (n: number): RequestSpec[] => Array.from({ length: n }, () => ({}));
for (const [set, list] of Object.entries(sets)) {
  for (const kind of ["roundrobin", "static-rr", "leastconn", "first"] as const) {
    // HAProxy's static map lets other backups in beside a first one with a weight; the manual says "the first one" only.
    if (kind !== "static-rr" || set !== "standIn") {
      cases[`${kind}-${set}`] = {
        spec: { servers: list, algorithm: { kind } },
        requests: plain(kind === "first" ? 5 : 300),
      };
    }
    cases[`${kind}-${set}-allbackups`] = {
      spec: { servers: list, algorithm: { kind }, allbackups: true },
      requests: plain(kind === "first" ? 5 : 60),
    };
  }
}

/** Backends whose servers change while they work. */
const moving: Record<string, BackendSpec> = {};
const five = [{ weight: 3 }, { weight: 1 }, { weight: 2 }, { weight: 7 }, { weight: 5, backup: true }];
for (const kind of ["roundrobin", "static-rr", "leastconn"] as const) {
  moving[`moving-${kind}`] = { servers: five, algorithm: { kind } };
}
for (const method of ["map-based", "consistent"] as const) {
  moving[`moving-${method}`] = { servers: five, algorithm: header, hash: { method } };
}

/** Backends that carry many streams at once. */
const loaded: Record<string, BackendSpec> = {
  "loaded-leastconn": {
    servers: [{ weight: 3 }, { weight: 1 }, { weight: 2 }, { weight: 2 }],
    algorithm: { kind: "leastconn" },
  },
  "loaded-limits": { servers: [{ maxconn: 3 }, { maxconn: 1 }, {}], algorithm: { kind: "leastconn" } },
  "loaded-roundrobin": {
    servers: [{ weight: 3, maxconn: 2 }, { weight: 1, maxconn: 5 }, { weight: 2 }],
    algorithm: { kind: "roundrobin" },
  },
  "loaded-static": { servers: [{ weight: 3, maxconn: 2 }, { maxconn: 5 }, {}], algorithm: { kind: "static-rr" } },
  "loaded-first": { servers: [{ id: 9 }, { id: 4, maxconn: 4 }, { id: 6, maxconn: 3 }], algorithm: { kind: "first" } },
  "loaded-bounded": {
    servers: [{ weight: 3 }, { weight: 1 }, { weight: 2 }],
    algorithm: header,
    hash: { method: "consistent" },
    hashBalanceFactor: 120,
  },
};

/** What the engine does around a pick. */
class Ours {
  readonly backend: Backend;
  readonly balancer: Balancer;

  constructor(spec: BackendSpec) {
    this.backend = makeBackend(spec);
    this.balancer = createBalancer(this.backend);
  }

  begin(request: BalanceRequest): Server {
    this.backend.take();
    const server = this.balancer.pick(request, null);
    if (server === null || typeof server === "symbol") throw new Error("no server");
    server.take();
    this.balancer.served(server);
    return server;
  }

  end(server: Server): void {
    server.release();
    this.balancer.served(server);
    this.backend.release();
  }

  name(request: RequestSpec): string {
    const server = this.begin(makeRequest(request));
    this.end(server);
    return server.name;
  }
}

describe.skipIf(haproxy === null)("same server as HAProxy", () => {
  let oracle: Oracle;

  beforeAll(async () => {
    const specs = Object.entries(cases).map(([name, { spec }]) => [name, spec] as const);
    oracle = await Oracle.start({ ...Object.fromEntries(specs), ...moving, ...loaded });
  });

  afterAll(() => oracle.stop());

  for (const [name, { spec, requests }] of Object.entries(cases)) {
    test(name, async () => {
      const expected = await oracle.names(requests.map((request) => ({ backend: name, request })));
      const ours = new Ours(spec);
      const wrong = requests.flatMap((request, i) => {
        const server = ours.name(request);
        return server === expected[i] ? [] : [{ i, request, expected: expected[i], server }];
      });
      expect(wrong.slice(0, 5)).toEqual([]);
    });
  }

  for (const [name, spec] of Object.entries(moving)) {
    test(name, async () => {
      const ours = new Ours(spec);
      const dynamic = name !== "moving-static-rr" && name !== "moving-map-based";
      const down = new Set<number>();
      for (let round = 0; round < 60; round++) {
        const which = random(spec.servers.length);
        const server = ours.backend.servers[which]!;
        if (dynamic && random(2) === 0) {
          // A weight above the configured one makes HAProxy rebuild the nodes of the server and lose its turn on the ring.
          const top = name === "moving-consistent" ? spec.servers[which]!.weight! : 12;
          const weight = 1 + random(top);
          await oracle.admin(`set weight ${name}/${server.name} ${weight}`);
          setServer(server, { weight });
        } else if (down.has(which)) {
          down.delete(which);
          await oracle.admin(`set server ${name}/${server.name} state ready`);
          setServer(server, { admin: 0 });
        } else if (down.size < spec.servers.length - 1) {
          down.add(which);
          const drain = random(2) === 0;
          await oracle.admin(`set server ${name}/${server.name} state ${drain ? "drain" : "maint"}`);
          setServer(server, { admin: drain ? Admin.forcedDrain : Admin.forcedMaint });
        }
        ours.balancer.rebuild();
        const requests = Array.from({ length: 1 + random(25) }, (): RequestSpec => {
          return random(4) === 0 ? {} : { headers: { "x-key": keys[random(keys.length)]! } };
        });
        const expected = await oracle.names(requests.map((request) => ({ backend: name, request })));
        expect({ round, names: requests.map((request) => ours.name(request)) }).toEqual({ round, names: expected });
      }
    });
  }

  for (const [name, spec] of Object.entries(loaded)) {
    test(name, async () => {
      const ours = new Ours(spec);
      const open: { server: Server; finish(): Promise<void> }[] = [];
      for (let step = 0; step < 120; step++) {
        if (open.length > 0 && (open.length >= 14 || random(5) < 2)) {
          const [done] = open.splice(random(open.length), 1);
          await done!.finish();
          ours.end(done!.server);
          continue;
        }
        const request = { headers: { "x-key": keys[random(20)]! } };
        const server = ours.begin(makeRequest(request));
        const held = await oracle.hold(name, request, `${name}-${step}`);
        expect({ step, server: server.name }).toEqual({ step, server: held.server });
        open.push({ server, finish: held.finish });
      }
      for (const { finish } of open) await finish();
    });
  }
});
