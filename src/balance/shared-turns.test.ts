import { expect, test } from "bun:test";
import { Oper, Shared, STATE_WIDTH } from "../counters/shared.ts";
import { Backend } from "../proxy/backend.ts";
import { makeBackend, makeRequest, setServer } from "./fixture.helper.ts";
import { createBalancer } from "./index.ts";
import { ALL_FULL, type Balancer } from "./types.ts";

const request = makeRequest({});

/** The same backend in `workers` workers over one segment, as tlb runs it. */
function workersOf(weights: readonly number[], workers: number): { backends: Backend[]; balancers: Balancer[] } {
  const alone = makeBackend({ algorithm: { kind: "roundrobin" }, servers: weights.map((weight) => ({ weight })) });
  const shared = Shared.local(weights.length + 8, workers);
  const slotOf = (key: string): number => (key.startsWith("B/") ? alone.slot : slotOfServer(alone, key));
  for (const server of alone.servers) {
    const from = server.slot * STATE_WIDTH;
    shared.state.set(alone.shared.state.subarray(from, from + STATE_WIDTH), from);
  }
  const backends = Array.from({ length: workers }, (_, worker) => new Backend(alone.model, slotOf, shared, worker));
  return { backends, balancers: backends.map((backend) => createBalancer(backend)) };
}

function slotOfServer(backend: Backend, key: string): number {
  return backend.servers.find((server) => key.endsWith(`/${server.name}`))!.slot;
}

function name(choice: ReturnType<Balancer["pick"]>): string {
  return choice === null ? "none" : choice === ALL_FULL ? "full" : choice.name;
}

test.each([[[1, 1, 1]], [[3, 1, 2]], [[5, 5]], [[256, 1]], [[7, 3, 2, 1]]])(
  "two workers in any order take the turns one worker would: %p",
  (weights) => {
    const alone = makeBackend({ algorithm: { kind: "roundrobin" }, servers: weights.map((weight) => ({ weight })) });
    const single = createBalancer(alone);
    const { balancers } = workersOf(weights, 2);
    let seed = 1;
    for (let i = 0; i < 3 * weights.reduce((a, b) => a + b, 0); i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      expect(name(balancers[seed >>> 31]!.pick(request, null))).toBe(name(single.pick(request, null)));
    }
  },
);

test("a server that goes down or is avoided gives its turn to the next", () => {
  const { backends, balancers } = workersOf([1, 1, 1], 2);
  expect(name(balancers[0]!.pick(request, backends[0]!.servers[0]!))).toBe("s2");
  setServer(backends[0]!.servers[1]!, { oper: Oper.stopped });
  backends.forEach((backend, i) => {
    backend.refresh();
    balancers[i]!.rebuild();
  });
  const seen = new Set(Array.from({ length: 6 }, (_, i) => name(balancers[i & 1]!.pick(request, null))));
  expect([...seen].sort()).toEqual(["s1", "s3"]);
});
