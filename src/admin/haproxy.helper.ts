/** HAProxy itself, with the configuration that `twin()` builds as a model. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../config/model.ts";
import { bind, checked, model, proxy, server, statsSocket } from "./fake.helper.ts";

export const haproxy = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy"].find((path) => existsSync(path)) ?? null;

export interface Twin {
  /** Paths of HAProxy's sockets by level. */
  readonly theirs: Readonly<Record<"admin" | "operator" | "user", string>>;
  /** The same configuration, with sockets at `ours`. */
  readonly model: Model;
  readonly ours: Readonly<Record<"admin" | "operator" | "user", string>>;
  /** Lines HAProxy logged, as "<priority> text". */
  readonly log: string[];
}

/** What the test's scope is used for. */
interface Cleaner {
  defer(close: () => void | Promise<void>): void;
  tempDir(): string;
}

/** Starts HAProxy on free ports the caller found; checks are too far apart to disturb. */
export async function twin(scope: Cleaner, freePort: () => number): Promise<Twin> {
  const folder = scope.tempDir();
  const log: string[] = [];
  const logPort = freePort();
  const sink = await Bun.udpSocket({
    hostname: "127.0.0.1",
    port: logPort,
    socket: {
      data(_, data) {
        const match = /^<(\d+)>.*?\]: (.*)/s.exec(data.toString());
        if (match) log.push(`<${Number(match[1]) & 7}> ${match[2]!.trim()}`);
      },
    },
  });
  scope.defer(() => sink.close());
  // Servers that answer the one check there is at the start.
  const alive = Bun.listen({ hostname: "127.0.0.1", port: freePort(), socket: { data() {} } });
  scope.defer(() => alive.stop(true));
  const [a, b, c, d] = [freePort(), freePort(), freePort(), freePort()];
  const paths = (who: string): Twin["theirs"] => ({
    admin: join(folder, `${who}-admin`),
    operator: join(folder, `${who}-operator`),
    user: join(folder, `${who}-user`),
  });
  const theirs = paths("haproxy");
  const ours = paths("tlb");
  const up = alive.port;
  const text = `
global
  stats socket ${theirs.admin} level admin mode 600
  stats socket ${theirs.operator} level operator mode 600
  stats socket ${theirs.user} level user mode 600
  nbthread 2
  maxconn 2000
  log 127.0.0.1:${logPort} local0
defaults
  mode http
  log global
  timeout client 5s
  timeout server 5s
  timeout connect 1s
frontend www
  bind 127.0.0.1:${a}
  bind 127.0.0.1:${b} name two
  option socket-stats
  default_backend app
frontend tcpf
  mode tcp
  bind 127.0.0.1:${c}
  default_backend tcpb
backend app
  fullconn 200
  cookie SRV insert
  server web1 127.0.0.1:${up} check inter 3600s weight 10 cookie c1
  server web2 127.0.0.1:18092 check disabled
  server web3 127.0.0.1:18093 backup maxconn 20 maxqueue 7
  server web4 127.0.0.1:18094 track web1
backend tcpb
  mode tcp
  fullconn 200
  balance leastconn
  server t1 127.0.0.1:18095
  server t2 [::1]:18095 weight 0
listen both
  fullconn 200
  bind 127.0.0.1:${d}
  balance source
  server s1 127.0.0.1:18096
backend empty
  fullconn 200
`;
  const file = join(folder, "haproxy.cfg");
  await Bun.write(file, text);
  const child = Bun.spawn([haproxy!, "-db", "-q", "-f", file], { stdout: "ignore", stderr: "ignore" });
  scope.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  for (let tries = 0; !existsSync(theirs.user); tries++) {
    if (tries > 400) throw new Error("haproxy does not start");
    await Bun.sleep(10);
  }
  const at = { file: "", line: 1, column: 1 };
  const hash = { method: "map-based", function: "sdbm", avalanche: false } as const;
  const cookie = {
    name: "SRV",
    mode: "insert",
    indirect: false,
    nocache: false,
    postonly: false,
    preserve: false,
    httponly: false,
    secure: false,
    domains: [],
    maxidle: 0,
    maxlife: 0,
    dynamic: false,
    attrs: [],
  } as const;
  const fullconn = 200;
  const same = model(
    [
      proxy("frontend", "www", 2, {
        binds: [bind(a, 1), bind(b, 2, { name: "two" })],
        options: { "socket-stats": true },
      }),
      proxy("frontend", "tcpf", 3, { mode: "tcp", binds: [bind(c, 1)] }),
      proxy("backend", "app", 4, {
        fullconn,
        cookie,
        servers: [
          server("web1", up, { ...checked(), weight: 10, cookie: "c1" }),
          server("web2", 18092, { ...checked(), disabled: true }),
          server("web3", 18093, { backup: true, maxconn: 20, maxqueue: 7 }),
          server("web4", 18094, { track: "web1" }),
        ],
      }),
      proxy("backend", "tcpb", 5, {
        mode: "tcp",
        fullconn,
        balance: { at, algorithm: { kind: "leastconn" }, hash },
        servers: [
          server("t1", 18095),
          server("t2", 18095, { weight: 0, address: { kind: "ip", family: 6, ip: "::1", port: 18095 } }),
        ],
      }),
      proxy("listen", "both", 6, {
        fullconn,
        binds: [bind(d, 1)],
        balance: { at, algorithm: { kind: "source" }, hash },
        servers: [server("s1", 18096)],
      }),
      proxy("backend", "empty", 7, { fullconn }),
    ],
    {
      statsSockets: [statsSocket(ours.admin), statsSocket(ours.operator, "operator"), statsSocket(ours.user, "user")],
      statsTimeout: 10_000,
    },
  );
  return { theirs, ours, model: same, log };
}
