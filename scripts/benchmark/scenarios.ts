/** What is measured, as loads on the ports of a running program. */
import type { Ports } from "./programs.ts";
import type { Load } from "./wrk.ts";

export interface BenchScenario {
  readonly name: string;
  readonly title: string;
  /** Largest CPU ratio tlb / HAProxy that is the aim; printed beside the result. */
  readonly aim: number;
  readonly tcp?: true;
  load(ports: Ports): Load;
}

export const benchScenarios: readonly BenchScenario[] = [
  {
    name: "keepalive-64",
    title: "64 keep-alive connections",
    aim: 1,
    load: (ports) => ({ port: ports.http, path: "/", connections: 64 }),
  },
  {
    name: "keepalive-1024",
    title: "1024 keep-alive connections",
    aim: 1,
    load: (ports) => ({ port: ports.http, path: "/", connections: 1024 }),
  },
  {
    name: "close",
    title: "a connection per request",
    aim: 1,
    load: (ports) => ({ port: ports.http, path: "/", connections: 64, fields: ["Connection: close"] }),
  },
  {
    name: "64k",
    title: "responses of 64 KiB",
    aim: 1,
    load: (ports) => ({ port: ports.http, path: "/64k", connections: 32 }),
  },
  {
    name: "1m",
    title: "responses of 1 MiB",
    aim: 0.6,
    load: (ports) => ({ port: ports.http, path: "/1m", connections: 16 }),
  },
  {
    name: "upload-1m",
    title: "uploads of 1 MiB",
    aim: 0.6,
    load: (ports) => ({ port: ports.upload, path: "/", connections: 16, upload: 1 << 20 }),
  },
  {
    name: "tcp-small",
    title: "tcp, small exchanges",
    aim: 1,
    tcp: true,
    load: (ports) => ({ port: ports.tcp, path: "/", connections: 64 }),
  },
  {
    name: "tcp-1m",
    title: "tcp, 1 MiB",
    aim: 0.6,
    tcp: true,
    load: (ports) => ({ port: ports.tcp, path: "/1m", connections: 16 }),
  },
  {
    name: "operator",
    title: "operator's: httplog to syslog, forwardfor, checks, 3 servers",
    aim: 1,
    load: (ports) => ({ port: ports.operator, path: "/", connections: 64 }),
  },
];
