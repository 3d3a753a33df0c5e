import type { Balancer } from "../balance/types.ts";
import type { Address, ServerModel } from "../config/model.ts";
import { Oper, S, type Shared } from "../counters/shared.ts";
import { NO_SERVER } from "../log/record.ts";
import type { Backend, SlotOf } from "../proxy/backend.ts";
import { Server } from "../proxy/server.ts";

/**
 * Where everything goes that no cookie sends to a server, in a backend with `dispatch` or `option transparent` (manual, section
 * 4.2): a server that is in no list, so that no statistics show it, no check sees it, and logs say there was none.
 */
export function destinationBalancer(backend: Backend, slotOf: SlotOf, shared: Shared, worker: number): Balancer | null {
  const { model } = backend;
  const transparent = model.options.transparent === true;
  if (model.dispatch === null && !transparent) return null;
  const slot = slotOf(`D/${model.name}`);
  shared.setState(slot, S.oper, Oper.running);
  shared.setState(slot, S.weight, 1);
  const server = new Server(backend, noServer(model.at, transparent ? null : model.dispatch), -1, slot, shared, worker);
  return {
    pick: () => server,
    rebuild: () => server.refresh(),
    served: () => {},
  };
}

function noServer(at: ServerModel["at"], address: Address | null): ServerModel {
  return {
    at,
    name: NO_SERVER,
    id: 0,
    addressText: "",
    address,
    fqdn: null,
    port: { kind: "fixed", value: 0 },
    weight: 1,
    backup: false,
    disabled: false,
    maxconn: 0,
    minconn: 0,
    maxqueue: 0,
    check: {
      enabled: false,
      inter: 2000,
      fastinter: 0,
      downinter: 0,
      rise: 2,
      fall: 3,
      port: 0,
      addr: null,
      proto: null,
      tls: null,
      sni: null,
    },
    cookie: null,
    source: null,
    tcpUserTimeout: 0,
    initAddr: [],
    poolMaxConn: 0,
    poolLowConn: 0,
    poolPurgeDelay: 5000,
    maxReuse: -1,
    slowstart: 0,
    observe: "none",
    onError: "fail-check",
    errorLimit: 10,
    onMarkedDown: "none",
    onMarkedUp: "none",
    nonStick: false,
    redir: null,
    track: null,
    tfo: false,
    sendProxy: "none",
    proxyOptions: [],
    proxyTlvs: [],
    checkSendProxy: false,
    tls: null,
    proto: null,
    ws: "auto",
  };
}
