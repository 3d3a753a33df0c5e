/** The three programs under test, each with one data thread on the proxy core, on the configuration of one fixture. */
import { existsSync, readFileSync } from "node:fs";
import { freePort } from "../../test/harness/ports.ts";
import { nginxPath, startNginx } from "../../test/harness/nginx.ts";
import { haproxyPath, startHaproxy, startTlb, tlbExists } from "../../test/harness/proxy.ts";
import type { Scope } from "../../test/harness/scope.ts";
import type { Backend, Fixture } from "./fixtures/fixture.ts";
import { Ports } from "./fixtures/fixture.ts";

export type ProgramName = "tlb" | "haproxy" | "nginx";
export const programNames: readonly ProgramName[] = ["tlb", "haproxy", "nginx"];

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

/** Null when the program is not there, cannot do what the fixture asks, or refuses its configuration; the reason is printed. */
export async function start(
  scope: Scope,
  name: ProgramName,
  fixture: Fixture,
  backend: Backend,
  options: { readonly prefix: readonly string[]; readonly env?: Readonly<Record<string, string>> },
): Promise<Running | null> {
  const ports = new Ports(fixture, freePort);
  try {
    if (name === "nginx") {
      const text = fixture.nginx?.(ports, backend);
      if (text === undefined) return null;
      if (nginxPath === null) throw new Error("not installed");
      const module = text.stream === undefined ? null : streamModule();
      const stream = module === null ? "" : `load_module ${module};\nstream { ${text.stream} }`;
      const program = await startNginx(scope, text.http, ports.of(text.ready), {
        main: `worker_processes 1;\n${stream}`,
        events: `worker_connections ${2 * maxConnections};`,
        prefix: options.prefix,
      });
      return { name, pid: program.pid, ports, tcp: module !== null };
    }
    if (name === "haproxy" ? haproxyPath === null : !tlbExists()) throw new Error("not there");
    const proxy = await (name === "haproxy" ? startHaproxy : startTlb)(
      scope,
      common + fixture.haproxy(ports, backend, maxConnections),
      options,
    );
    return { name, pid: proxy.program.pid, ports, tcp: true };
  } catch (error) {
    console.error(`${fixture.name}: ${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

const common = `
global
    nbthread 1
    maxconn ${maxConnections}
    ssl-default-bind-options ssl-min-ver TLSv1.2

defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
`;

function streamModule(): string | null {
  const path = "/usr/lib/nginx/modules/ngx_stream_module.so";
  return existsSync(path) ? path : null;
}
