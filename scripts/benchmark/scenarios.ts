/** What is measured, as loads on the ports of a running program. */
import { gzip } from "./fixtures/gzip.ts";
import type { Fixture, Ports } from "./fixtures/fixture.ts";
import { h2Tls, h2ToH2 } from "./fixtures/h2.ts";
import { http } from "./fixtures/http.ts";
import { operatorRules, rateLimit, rules100 } from "./fixtures/rules.ts";
import { tls } from "./fixtures/tls.ts";
import type { Load } from "./load.ts";

export type Group = "http" | "rules" | "tls" | "h2";
export const groups: readonly Group[] = ["http", "rules", "tls", "h2"];

export interface BenchScenario {
  readonly name: string;
  readonly title: string;
  readonly group: Group;
  readonly fixture: Fixture;
  /** Largest CPU ratio tlb / HAProxy that is the aim; printed beside the result. */
  readonly aim: number;
  readonly tcp?: true;
  load(ports: Ports): Load;
}

const inHttp = { group: "http", fixture: http } as const;
const inTls = { group: "tls", fixture: tls } as const;

/** Scenarios of one fixture stand together: its programs are started once. */
export const benchScenarios: readonly BenchScenario[] = [
  {
    ...inHttp,
    name: "keepalive-64",
    title: "64 keep-alive connections",
    aim: 1,
    load: (ports) => ({ tool: "wrk", port: ports.of("http"), path: "/", connections: 64 }),
  },
  {
    ...inHttp,
    name: "keepalive-1024",
    title: "1024 keep-alive connections",
    aim: 1,
    load: (ports) => ({ tool: "wrk", port: ports.of("http"), path: "/", connections: 1024 }),
  },
  {
    ...inHttp,
    name: "close",
    title: "a connection per request",
    aim: 1,
    load: (ports) => ({
      tool: "wrk",
      port: ports.of("http"),
      path: "/",
      connections: 64,
      fields: ["Connection: close"],
    }),
  },
  {
    ...inHttp,
    name: "64k",
    title: "responses of 64 KiB",
    aim: 1,
    load: (ports) => ({ tool: "wrk", port: ports.of("http"), path: "/64k", connections: 32 }),
  },
  {
    ...inHttp,
    name: "1m",
    title: "responses of 1 MiB",
    aim: 0.6,
    load: (ports) => ({ tool: "wrk", port: ports.of("http"), path: "/1m", connections: 16 }),
  },
  {
    ...inHttp,
    name: "upload-1m",
    title: "uploads of 1 MiB",
    aim: 0.6,
    load: (ports) => ({ tool: "wrk", port: ports.of("upload"), path: "/", connections: 16, upload: 1 << 20 }),
  },
  {
    ...inHttp,
    name: "tcp-small",
    title: "tcp, small exchanges",
    aim: 1,
    tcp: true,
    load: (ports) => ({ tool: "wrk", port: ports.of("tcp"), path: "/", connections: 64 }),
  },
  {
    ...inHttp,
    name: "tcp-1m",
    title: "tcp, 1 MiB",
    aim: 0.6,
    tcp: true,
    load: (ports) => ({ tool: "wrk", port: ports.of("tcp"), path: "/1m", connections: 16 }),
  },
  {
    ...inHttp,
    name: "operator",
    title: "operator's: httplog to syslog, forwardfor, checks, 3 servers",
    aim: 1,
    load: (ports) => ({ tool: "wrk", port: ports.of("operator"), path: "/", connections: 64 }),
  },
  {
    group: "http",
    fixture: gzip,
    name: "gzip",
    title: "gzip of 100 KB of JSON",
    aim: 1.2,
    load: (ports) => ({
      tool: "wrk",
      port: ports.of("http"),
      path: "/json",
      connections: 16,
      fields: ["Accept-Encoding: gzip"],
    }),
  },
  {
    group: "rules",
    fixture: operatorRules,
    name: "operator-rules",
    title: "operator's rules: XFF, 4 ACLs, 3 header actions, httplog",
    aim: 1,
    load: (ports) => ({
      tool: "wrk",
      port: ports.of("http"),
      path: "/v2/item-7/view",
      connections: 64,
      fields: ["Host: api.example.com", "X-Forwarded-For: 192.0.2.1"],
    }),
  },
  {
    group: "rules",
    fixture: rules100,
    name: "rules-100",
    title: "100 rules with an ACL each, a map of 100,000 lines",
    aim: 1,
    load: (ports) => ({
      tool: "wrk",
      port: ports.of("http"),
      path: "/v2/item-7000/view",
      connections: 64,
      fields: ["Host: api.example.com", "X-Tenant: tenant-4711", "X-Key: key-77777"],
    }),
  },
  {
    group: "rules",
    fixture: rateLimit,
    name: "rate-limit",
    title: "requests per client counted in a stick table and limited",
    aim: 1,
    load: (ports) => ({ tool: "wrk", port: ports.of("http"), path: "/", connections: 64 }),
  },
  {
    ...inTls,
    name: "tls-keepalive",
    title: "TLS, 64 keep-alive connections",
    aim: 1,
    load: (ports) => ({ tool: "wrk", tls: true, port: ports.of("ecdsa"), path: "/", connections: 64 }),
  },
  {
    ...inTls,
    name: "tls-rsa",
    title: "TLS, full handshakes, RSA 2048",
    aim: 0.8,
    load: (ports) => ({ tool: "handshakes", port: ports.of("rsa"), resumed: false }),
  },
  {
    ...inTls,
    name: "tls-p256",
    title: "TLS, full handshakes, ECDSA P-256",
    aim: 0.8,
    load: (ports) => ({ tool: "handshakes", port: ports.of("ecdsa"), resumed: false }),
  },
  {
    ...inTls,
    name: "tls-resumed",
    title: "TLS, resumed handshakes and a request",
    aim: 0.8,
    load: (ports) => ({ tool: "handshakes", port: ports.of("ecdsa"), resumed: true }),
  },
  {
    ...inTls,
    name: "tls-1m",
    title: "TLS, responses of 1 MiB",
    aim: 0.8,
    load: (ports) => ({ tool: "wrk", tls: true, port: ports.of("ecdsa"), path: "/1m", connections: 16 }),
  },
  {
    group: "h2",
    fixture: h2Tls,
    name: "h2",
    title: "HTTP/2 over TLS, 16 connections of 32 streams",
    aim: 1.3,
    load: (ports) => ({ tool: "h2load", tls: true, port: ports.of("h2"), path: "/", connections: 16, streams: 32 }),
  },
  {
    group: "h2",
    fixture: h2ToH2,
    name: "h2-to-h2",
    title: "HTTP/2 on both sides, 16 connections of 32 streams",
    aim: 1.3,
    load: (ports) => ({ tool: "h2load", tls: false, port: ports.of("h2"), path: "/", connections: 16, streams: 32 }),
  },
];
