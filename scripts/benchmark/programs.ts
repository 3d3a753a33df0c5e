/**
 * The three programs under test, each with one data thread on the proxy core and the same five ports: HTTP, HTTP to the upload server,
 * TCP, an operator's configuration (log, forwardfor, checks, three servers), and a port for idle connections.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../test/harness/ports.ts";
import { nginxPath, startNginx } from "../../test/harness/nginx.ts";
import { haproxyPath, startHaproxy, startTlb, tlbExists } from "../../test/harness/proxy.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { startProgram } from "../../test/harness/program.ts";

export type ProgramName = "tlb" | "haproxy" | "nginx";
export const programNames: readonly ProgramName[] = ["tlb", "haproxy", "nginx"];

export interface Ports {
  readonly http: number;
  readonly upload: number;
  readonly tcp: number;
  readonly operator: number;
  readonly idle: number;
}

export interface Running {
  readonly name: ProgramName;
  readonly pid: number;
  readonly ports: Ports;
  /** False for nginx without its stream module. */
  readonly tcp: boolean;
}

/** Connections the programs are configured for: what the descriptor limit allows, with two descriptors each, at most 25,000. */
export const maxConnections = Math.min(25_000, Math.floor((descriptorLimit() - 300) / 2));

function descriptorLimit(): number {
  const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  return Number(line?.[1] ?? 1024);
}

export interface Backend {
  readonly http: number;
  readonly upload: number;
  readonly syslog: number;
}

/** Null when the program is not there; the reason is printed. */
export async function start(
  scope: Scope,
  name: ProgramName,
  backend: Backend,
  pin: readonly string[],
): Promise<Running | null> {
  const ports: Ports = {
    http: freePort(),
    upload: freePort(),
    tcp: freePort(),
    operator: freePort(),
    idle: freePort(),
  };
  try {
    if (name === "nginx") {
      if (nginxPath === null) throw new Error("not installed");
      const stream = streamModule();
      const program = await startNginx(scope, nginxHttp(ports, backend), ports.http, {
        main: `worker_processes 1;\n\n${stream === null ? "" : nginxStream(stream, ports, backend)}`,
        events: `worker_connections ${2 * maxConnections};`,
        prefix: pin,
      });
      return { name, pid: program.pid, ports, tcp: stream !== null };
    }
    if (name === "haproxy" ? haproxyPath === null : !tlbExists()) throw new Error("not there");
    const proxy = await (name === "haproxy" ? startHaproxy : startTlb)(scope, haproxyConfig(ports, backend), {
      prefix: pin,
    });
    return { name, pid: proxy.program.pid, ports, tcp: true };
  } catch (error) {
    console.error(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

function haproxyConfig(ports: Ports, { http, upload, syslog }: Backend): string {
  return `
global
    nbthread 1
    maxconn ${maxConnections}

defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s

frontend http
    bind 127.0.0.1:${ports.http}
    default_backend http

backend http
    server s1 127.0.0.1:${http}

frontend idle
    bind 127.0.0.1:${ports.idle}
    maxconn ${maxConnections}
    default_backend http

listen upload
    bind 127.0.0.1:${ports.upload}
    server s1 127.0.0.1:${upload}

listen tcp
    mode tcp
    bind 127.0.0.1:${ports.tcp}
    server s1 127.0.0.1:${http}

frontend operator
    bind 127.0.0.1:${ports.operator}
    log 127.0.0.1:${syslog} local0
    option httplog
    option forwardfor
    default_backend operator

backend operator
    balance roundrobin
    option httpchk GET /health
    http-check expect status 200
    server app1 127.0.0.1:${http} check inter 2s
    server app2 127.0.0.1:${http} check inter 2s
    server app3 127.0.0.1:${http} check inter 2s
`;
}

/** Buffering off and temporary files forbidden: nginx shall relay, as the others do. */
function nginxHttp(ports: Ports, { http, upload, syslog }: Backend): string {
  return `
keepalive_timeout 60s;
keepalive_requests 100000000;
client_max_body_size 0;
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_max_temp_file_size 0;
proxy_request_buffering off;
upstream one { server 127.0.0.1:${http}; keepalive 1024; keepalive_requests 100000000; }
upstream upload { server 127.0.0.1:${upload}; keepalive 1024; keepalive_requests 100000000; }
upstream three {
  server 127.0.0.1:${http}; server 127.0.0.1:${http}; server 127.0.0.1:${http};
  keepalive 1024; keepalive_requests 100000000;
}
server { listen 127.0.0.1:${ports.http} backlog=4096; location / { proxy_pass http://one; } }
server { listen 127.0.0.1:${ports.idle} backlog=4096; location / { proxy_pass http://one; } }
server { listen 127.0.0.1:${ports.upload} backlog=4096; location / { proxy_pass http://upload; } }
server {
  listen 127.0.0.1:${ports.operator} backlog=4096;
  access_log syslog:server=127.0.0.1:${syslog} combined;
  location / { proxy_pass http://three; proxy_set_header X-Forwarded-For $remote_addr; }
}
`;
}

function nginxStream(module: string, ports: Ports, { http }: Backend): string {
  return `load_module ${module};
stream { server { listen 127.0.0.1:${ports.tcp} backlog=4096; proxy_pass 127.0.0.1:${http}; } }
`;
}

function streamModule(): string | null {
  const path = "/usr/lib/nginx/modules/ngx_stream_module.so";
  return existsSync(path) ? path : null;
}

/** nginx with small answers and files, the upload and syslog sink: all on the load core. */
export async function startBackend(scope: Scope, pin: readonly string[]): Promise<Backend> {
  const files = scope.tempDir();
  writeFileSync(join(files, "64k"), "k".repeat(64 << 10));
  writeFileSync(join(files, "1m"), "m".repeat(1 << 20));
  const http = freePort();
  await startNginx(
    scope,
    `
keepalive_timeout 300s;
keepalive_requests 100000000;
sendfile on;
tcp_nopush on;
open_file_cache max=16;
default_type text/plain;
server {
  listen 127.0.0.1:${http} backlog=4096;
  root ${files};
  location / { return 200 "hello from the backend\\n"; }
  location /64k { }
  location /1m { }
}`,
    http,
    { main: "user root;\nworker_processes 1;", prefix: pin },
  );
  const upload = freePort();
  const syslog = freePort();
  const sink = startProgram(
    scope,
    [process.execPath, join(import.meta.dir, "sink.ts"), String(upload), String(syslog)],
    {
      prefix: pin,
    },
  );
  const deadline = Date.now() + 5000;
  while (!sink.stdout().includes("ready")) {
    if (!sink.running || Date.now() > deadline) throw new Error(`the upload server did not start: ${sink.stderr()}`);
    await Bun.sleep(10);
  }
  return { http, upload, syslog };
}
