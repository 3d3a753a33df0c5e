/** `option external-check` (manual section 4.2): what the program is told of the server. */
import type { Address, ExternalCheckModel, ProxyModel } from "../../config/model.ts";
import { L, LIVE_WIDTH, S } from "../../counters/shared.ts";
import { readAddress, type Server } from "../../proxy/server.ts";
import type { Method } from "../types.ts";

const NOT_USED = "NOT_USED";

export function externalMethod(model: ExternalCheckModel): Method {
  return { port: 0, probe: () => null, program: model, script: null };
}

/** Address and port of the first listener that is TCP or a UNIX socket; null = there is none. */
function listener({ binds }: ProxyModel): Address | null {
  return binds.find(({ address }) => address.kind === "ip" || address.kind === "unix")?.address ?? null;
}

function host(address: Address | null): string {
  if (address === null) return "";
  switch (address.kind) {
    case "ip":
      return address.ip;
    case "unix":
      return address.path;
    case "abns":
      return address.name;
    case "fd":
      return "";
  }
}

function port(address: Address | null): string {
  return address?.kind === "ip" ? String(address.port) : "";
}

/** `<proxy_address> <proxy_port> <server_address> <server_port>` */
export function programArguments(server: Server): string[] {
  const own = listener(server.backend.model);
  const to = serverAddress(server);
  return [own === null ? NOT_USED : host(own), port(own) || NOT_USED, host(to), port(to) || NOT_USED];
}

/** Everything its environment holds beside PATH. */
export function programVariables(server: Server): Record<string, string> {
  const { model, backend, shared, slot } = server;
  const own = listener(backend.model);
  const to = serverAddress(server);
  return {
    HAPROXY_PROXY_ADDR: host(own),
    HAPROXY_PROXY_ID: String(backend.model.id),
    HAPROXY_PROXY_NAME: backend.name,
    HAPROXY_PROXY_PORT: port(own),
    HAPROXY_SERVER_ADDR: host(to),
    HAPROXY_SERVER_CURCONN: String(Math.max(0, Atomics.load(shared.live, slot * LIVE_WIDTH + L.live))),
    HAPROXY_SERVER_ID: String(model.id),
    HAPROXY_SERVER_MAXCONN: String(shared.getState(slot, S.maxconn)),
    HAPROXY_SERVER_NAME: server.name,
    HAPROXY_SERVER_PORT: port(to),
    HAPROXY_SERVER_PROTO: protocol(server),
    HAPROXY_SERVER_SSL: model.tls === null ? "0" : "1",
  };
}

function protocol({ model, backend }: Server): string {
  if (backend.model.mode === "tcp") return "tcp";
  return model.proto === "h2" ? "h2" : "h1";
}

function serverAddress({ model, shared, slot }: Server): Address | null {
  return readAddress(shared, slot) ?? model.address;
}
