import type { DemoServer } from "./servers.ts";

export interface DemoPlan {
  readonly httpPort: number;
  readonly echoPort: number;
  readonly socket: string;
  readonly web: readonly DemoServer[];
  readonly echo: DemoServer;
}

/** The commented lb.cfg of the demonstration. */
export function demoConfig({ httpPort, echoPort, socket, web, echo }: DemoPlan): string {
  const servers = web.map(({ name, port }) => `    server ${name} 127.0.0.1:${port} check inter 500ms fall 2 rise 2`);
  return `# The demonstration of tlb: three web servers and a TCP echo server behind one load balancer.

global
    # Where "tlb stats", "tlb drain", "tlb reload" and socat talk to the running process.
    stats socket ${socket} mode 600 level admin
    nbthread 2

defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    # A server that cannot be reached costs a retry, not a request: every retry goes to another server.
    retries 3
    option redispatch 1
    retry-on conn-failure empty-response

frontend web
    bind 127.0.0.1:${httpPort}
    option forwardfor
    default_backend hello

backend hello
    balance roundrobin
    # Twice in a row without an answer to /health and a server gets no more requests.
    option httpchk GET /health
${servers.join("\n")}

# Anything that speaks TCP.
listen echo
    mode tcp
    bind 127.0.0.1:${echoPort}
    server ${echo.name} 127.0.0.1:${echo.port} check inter 2s
`;
}
