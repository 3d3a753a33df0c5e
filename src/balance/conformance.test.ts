/** What every algorithm must do, whatever its idea; exceptions are declared with their reason. */
import { describe, expect, test } from "bun:test";
import type { BalanceModel } from "../config/model.ts";
import { Admin, L, LIVE_WIDTH, Oper } from "../counters/shared.ts";
import type { Server } from "../proxy/server.ts";
import { type BackendSpec, makeBackend, makeRequest, type ServerSpec, setLive, setServer } from "./fixture.helper.ts";
import { algorithms, createBalancer } from "./index.ts";
import { ALL_FULL, type BalanceRequest } from "./types.ts";

type Kind = BalanceModel["algorithm"]["kind"];

interface Subject {
  readonly spec: Omit<BackendSpec, "servers">;
  /** The same key at each pick leads to the same server. */
  readonly keyed?: true;
  /** Weights do not matter: everything goes to the first with room. */
  readonly unweighted?: true;
  /** Returns a full server: the stream waits for that one. */
  readonly keepsFull?: true;
  /** Has no second choice for a key. */
  readonly ignoresAvoid?: true;
  /** Relative error of the shares; hashing and chance are not exact. */
  readonly tolerance: number;
}

const random2: Subject = { spec: { algorithm: { kind: "random", draws: 2 } }, tolerance: 0.3 };
const rr: Subject = { spec: { algorithm: { kind: "roundrobin" } }, tolerance: 0 };
const header = { kind: "hdr", name: "x-key", useDomainOnly: false } as const;
const keyed = { keyed: true, keepsFull: true } as const;
const mapped = { ...keyed, ignoresAvoid: true, tolerance: 0.15 } as const;
const ring = { ...keyed, tolerance: 0.35 } as const;
const mixed = { function: "sdbm", avalanche: true } as const;
const both = (name: string, algorithm: BalanceModel["algorithm"]): [string, Subject][] => [
  [`${name}, map-based`, { spec: { algorithm, hash: { ...mixed, method: "map-based" } }, ...mapped }],
  [`${name}, consistent`, { spec: { algorithm, hash: { ...mixed, method: "consistent" } }, ...ring }],
];

const subjects: Record<Kind, readonly [string, Subject][]> = {
  roundrobin: [["roundrobin", rr]],
  "static-rr": [["static-rr", { spec: { algorithm: { kind: "static-rr" } }, tolerance: 0 }]],
  leastconn: [["leastconn", { spec: { algorithm: { kind: "leastconn" } }, tolerance: 0.05 }]],
  first: [["first", { spec: { algorithm: { kind: "first" } }, unweighted: true, tolerance: 0 }]],
  random: [
    ["random(2)", random2],
    ["random(1)", { spec: { algorithm: { kind: "random", draws: 1 } }, tolerance: 0.35 }],
  ],
  source: both("source", { kind: "source" }),
  uri: both("uri", { kind: "uri", whole: false, len: 0, depth: 0, pathOnly: false }),
  url_param: both("url_param", { kind: "url_param", name: "id", checkPost: 0 }),
  hdr: both("hdr", header),
  "rdp-cookie": both("rdp-cookie", { kind: "rdp-cookie", name: "mstshash" }),
  hash: both("hash", {
    kind: "hash",
    expression: { text: "src", at: { file: "test.cfg", line: 1, column: 1 }, endColumn: 4 },
  }),
};

/** A request whose every key is `n`. */
function request(n: number): BalanceRequest {
  const key = `key${n}`;
  const address = `10.${(n * 7) & 255}.${(n >> 4) & 255}.${n & 255}`;
  const made = makeRequest({ address, uri: `/${key}?id=${key}`, headers: { "x-key": key }, rdp: key });
  return { ...made, expression: () => key };
}

function make(subject: Subject, servers: readonly ServerSpec[], more: Partial<BackendSpec> = {}) {
  const backend = makeBackend({ ...subject.spec, ...more, servers });
  const balancer = createBalancer(backend);
  const take = (server: Server) => {
    server.take();
    balancer.served(server);
  };
  /** Where streams go of which each ends before the next one comes. */
  const names = (count: number) => {
    const seen = new Set<string>();
    for (let n = 0; n < count; n++) {
      const server = balancer.pick(request(n), null);
      seen.add(server === null ? "none" : server === ALL_FULL ? "full" : server.name);
      if (server === null || server === ALL_FULL) continue;
      take(server);
      server.release();
      balancer.served(server);
    }
    return [...seen].sort();
  };
  return { backend, balancer, take, names, servers: backend.servers };
}

test("every algorithm has a subject and its own name", () => {
  expect(Object.keys(subjects).sort()).toEqual(Object.keys(algorithms).sort());
  for (const [keyword, { name, help }] of Object.entries(algorithms)) {
    expect<string>(name).toBe(keyword);
    expect(help.length).toBeGreaterThan(10);
  }
});

for (const [name, subject] of Object.values(subjects).flat()) {
  describe(name, () => {
    test("shares by weight", () => {
      const { servers, balancer, take } = make(subject, [{ weight: 10 }, { weight: 30 }, { weight: 20 }]);
      const counts = [0, 0, 0];
      // Nothing leaves, so that algorithms that look at the load see the whole of it.
      for (let n = 0; n < 6000; n++) {
        const server = balancer.pick(request(n), null) as Server;
        counts[server.index]!++;
        take(server);
      }
      if (subject.unweighted) {
        expect(counts).toEqual([6000, 0, 0]);
        return;
      }
      for (const [i, share] of [1000, 3000, 2000].entries()) {
        expect(Math.abs(counts[i]! - share)).toBeLessThanOrEqual(share * subject.tolerance);
      }
      expect(servers.map((server) => server.served)).toEqual(counts);
    });

    test("none usable", () => {
      const { balancer, servers, names } = make(subject, [{ weight: 0 }, { disabled: true }, {}]);
      expect(names(20)).toEqual(["s3"]);
      setServer(servers[2]!, { oper: Oper.stopped });
      balancer.rebuild();
      expect(names(20)).toEqual(["none"]);
      expect(balancer.pick(request(1), servers[0]!)).toBeNull();
    });

    test("no servers at all", () => {
      expect(make(subject, []).names(3)).toEqual(["none"]);
    });

    test("one usable gets all, also when it is to be avoided", () => {
      const { balancer, servers, names } = make(subject, [{ disabled: true }, { weight: 5 }, { weight: 0 }]);
      expect(names(50)).toEqual(["s2"]);
      for (let n = 0; n < 20; n++) expect(balancer.pick(request(n), servers[1]!)).toBe(servers[1]!);
    });

    test("avoids a server while there is another", () => {
      const { balancer, servers } = make(subject, [{ weight: 2 }, { weight: 3 }, {}]);
      const seen = new Set<unknown>();
      for (let n = 0; n < 200; n++) seen.add(balancer.pick(request(n), servers[0]!));
      expect(seen.has(servers[0])).toBe(subject.ignoresAvoid === true);
    });

    test("down and up again", () => {
      const { balancer, servers, names } = make(subject, [{ weight: 2 }, { weight: 3 }, {}]);
      const before = names(300);
      expect(before).toEqual(subject.unweighted ? ["s1"] : ["s1", "s2", "s3"]);
      setServer(servers[0]!, { oper: Oper.stopped });
      balancer.rebuild();
      expect(names(300)).toEqual(subject.unweighted ? ["s2"] : ["s2", "s3"]);
      setServer(servers[0]!, { oper: Oper.running });
      setServer(servers[1]!, { admin: Admin.forcedDrain });
      balancer.rebuild();
      expect(names(300)).toEqual(subject.unweighted ? ["s1"] : ["s1", "s3"]);
      setServer(servers[1]!, { admin: 0 });
      balancer.rebuild();
      expect(names(300)).toEqual(before);
    });

    test("weight 0 and back at run time", () => {
      const { balancer, servers, names } = make(subject, [{ weight: 2 }, { weight: 3 }]);
      setServer(servers[0]!, { weight: 0 });
      balancer.rebuild();
      expect(names(100)).toEqual(["s2"]);
      setServer(servers[0]!, { weight: 2 });
      balancer.rebuild();
      expect(names(100)).toEqual(subject.unweighted ? ["s1"] : ["s1", "s2"]);
    });

    test("backups: only in the need, the first alone or all", () => {
      const specs = [{ backup: true }, {}, { backup: true }, { backup: true, disabled: true }];
      const alone = make(subject, specs);
      expect(alone.names(100)).toEqual(["s2"]);
      setServer(alone.servers[1]!, { oper: Oper.stopped });
      alone.balancer.rebuild();
      expect(alone.names(100)).toEqual(["s1"]);
      setServer(alone.servers[0]!, { oper: Oper.stopped });
      alone.balancer.rebuild();
      expect(alone.names(100)).toEqual(["s3"]);
      setServer(alone.servers[1]!, { oper: Oper.running });
      alone.balancer.rebuild();
      expect(alone.names(100)).toEqual(["s2"]);

      const all = make(subject, specs, { allbackups: true });
      expect(all.names(100)).toEqual(["s2"]);
      setServer(all.servers[1]!, { oper: Oper.stopped });
      all.balancer.rebuild();
      expect(all.names(200)).toEqual(subject.unweighted ? ["s1"] : ["s1", "s3"]);
    });

    test("a full server is skipped, all full is told from none usable", () => {
      const { servers, names } = make(subject, [{ maxconn: 2 }, { maxconn: 2 }]);
      setLive(servers[0]!, 2);
      const skipping = names(100);
      if (subject.keepsFull) {
        expect(skipping).toEqual(["s1", "s2"]);
      } else {
        // Chance may draw the full one each time, and then waits for any.
        expect(skipping.filter((seen) => seen !== "full")).toEqual(["s2"]);
        setLive(servers[1]!, 2);
        expect(names(100)).toEqual(["full"]);
      }
    });

    test("room made by another worker is seen without being told", () => {
      const { servers, names } = make(subject, [{ maxconn: 2 }, { maxconn: 2 }]);
      setLive(servers[0]!, 2);
      setLive(servers[1]!, 2);
      names(10);
      setLive(servers[1]!, 0);
      expect(names(100)).toContain("s2");
    });

    if (!subject.keepsFull) {
      test("a server for which others wait has no room", () => {
        const { servers, names } = make(subject, [{ maxconn: 2 }, { maxconn: 2 }]);
        setLive(servers[0]!, 1);
        const cell = servers[0]!.slot * LIVE_WIDTH + L.queued;
        Atomics.store(servers[0]!.shared.live, cell, 1);
        expect(names(100).filter((seen) => seen !== "full")).toEqual(["s2"]);
      });
    }

    if (!subject.keyed) return;

    test("the same key, the same server", () => {
      const { balancer } = make(subject, [{}, {}, {}, {}]);
      for (let n = 0; n < 50; n++) {
        const server = balancer.pick(request(n), null);
        balancer.pick(request(n + 1000), null);
        expect(balancer.pick(request(n), null)).toBe(server);
      }
    });

    test("without a key, in turn", () => {
      const { balancer, servers } = make(subject, [{}, {}, {}]);
      const blank: BalanceRequest = {
        ...makeRequest(),
        clientAddressBytes: () => null,
        uri: () => null,
        urlParam: () => null,
      };
      const counts = [0, 0, 0];
      for (let n = 0; n < 480; n++) counts[(balancer.pick(blank, null) as Server).index]!++;
      expect(counts).toEqual([160, 160, 160]);
      for (const server of servers) setServer(server, { oper: Oper.stopped });
      balancer.rebuild();
      expect(balancer.pick(blank, null)).toBeNull();
    });
  });
}

test("slow start raises the share of a server in small steps", () => {
  for (const subject of [rr, random2, subjects.leastconn[0]![1]]) {
    const { balancer, servers, take } = make(subject, [{ weight: 10 }, { weight: 10 }]);
    setServer(servers[0]!, { slowstart: 16 });
    balancer.rebuild();
    const counts = [0, 0];
    for (let n = 0; n < 2200; n++) {
      const server = balancer.pick(request(n), null) as Server;
      counts[server.index]!++;
      take(server);
    }
    // A tenth of the other's weight: one stream in eleven.
    expect(Math.abs(counts[0]! - 200)).toBeLessThan(90);
  }
});

test("only the keys of a lost server move on the ring", () => {
  const { balancer, servers } = make(subjects.hdr[1]![1], [{ weight: 9 }, { weight: 9 }, { weight: 9 }]);
  const before = Array.from({ length: 500 }, (_, n) => balancer.pick(request(n), null));
  setServer(servers[1]!, { oper: Oper.stopped });
  balancer.rebuild();
  for (const [n, server] of before.entries()) {
    if (server !== servers[1]) expect(balancer.pick(request(n), null)).toBe(server!);
    else expect(balancer.pick(request(n), null)).not.toBe(server!);
  }
});

test("streams in the queue of the backend are not overtaken", () => {
  for (const kind of ["roundrobin", "static-rr", "first"] as const) {
    const { backend, balancer } = make(subjects[kind][0]![1], [{ maxconn: 2 }]);
    const { live } = backend.shared;
    Atomics.store(live, backend.slot * LIVE_WIDTH + L.queued, 1);
    Atomics.store(live, backend.slot * LIVE_WIDTH + L.live, 3);
    expect(balancer.pick(request(1), null)).toBe(ALL_FULL);
    // Unless all of them wait: then nobody is left to wake them.
    Atomics.store(live, backend.slot * LIVE_WIDTH + L.live, 1);
    expect(balancer.pick(request(1), null)).toBe(backend.servers[0]!);
  }
});

test("leastconn lets a server's own queue fill up to maxqueue", () => {
  const { balancer, servers } = make(subjects.leastconn[0]![1], [{ maxconn: 1, maxqueue: 2 }]);
  setLive(servers[0]!, 1);
  const cell = servers[0]!.slot * LIVE_WIDTH + L.queued;
  expect(balancer.pick(request(1), null)).toBe(servers[0]!);
  Atomics.store(servers[0]!.shared.live, cell, 2);
  expect(balancer.pick(request(1), null)).toBe(ALL_FULL);
});

test("leastconn in a big backend finds what other workers freed", () => {
  const { balancer, servers } = make(
    subjects.leastconn[0]![1],
    Array.from({ length: 200 }, () => ({})),
  );
  for (const server of servers) setLive(server, 50);
  balancer.rebuild();
  setLive(servers[170]!, 3);
  let found = 0;
  for (let n = 0; n < 60; n++) if (balancer.pick(request(n), null) === servers[170]) found++;
  // Eight are looked at again in each pick, so after 25 picks at the latest.
  expect(found).toBeGreaterThan(30);
});
