/** Servers that the network keeps away, each in its way: answers, log lines, retries and counters are HAProxy's. Needs root and iproute2. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { run, which } from "../harness/program.ts";
import type { Seen } from "./unreachable/inside.ts";

const inside = join(import.meta.dir, "unreachable", "inside.ts");

/** The routes that refuse, a device that drops everything, and one behind which nobody is. */
const setUp = `set -e
ip link set lo up
ip route add unreachable 10.1.0.0/16
ip route add prohibit 10.2.0.0/16
ip route add blackhole 10.3.0.0/16
ip tuntap add dev drop mode tun
ip addr add 10.4.0.1/24 dev drop
ip link set drop up
ip tuntap add dev near mode tap
ip addr add 10.5.0.1/24 dev near
ip link set near up
echo 1 > /proc/sys/net/ipv4/neigh/near/mcast_solicit
echo 100 > /proc/sys/net/ipv4/neigh/near/retrans_time_ms
ip -6 route add prohibit 2001:db8:2::/48
`;

const possible =
  process.getuid?.() === 0 &&
  ["haproxy", "unshare", "ip"].every((name) => which(name) !== null) &&
  Bun.spawnSync(["unshare", "-n", "sh", "-c", setUp], { stderr: "ignore" }).exitCode === 0;

test.skipIf(!possible)(
  "no route, routes that refuse, silence",
  async () => {
    const { code, stdout, stderr } = await run([
      "unshare",
      "-n",
      "sh",
      "-c",
      `${setUp}exec "$@"`,
      "sh",
      process.execPath,
      inside,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { theirs, ours } = JSON.parse(stdout) as Record<"theirs" | "ours", Record<string, Seen>>;
    for (const [name, seen] of Object.entries(theirs)) expect({ name, ...ours[name] }).toEqual({ name, ...seen });
    expect(Object.keys(theirs).length).toBeGreaterThan(40);
    expect(theirs["http to ENETUNREACH"]!.answer).toBe("HTTP/1.1 503 Service Unavailable");
    expect(theirs["http to silence"]!.log).toContain(" sC-- ");
    expect(theirs["http to ENETUNREACH, redispatch"]!.answer).toBe("HTTP/1.1 200 OK");
  },
  60_000,
);
