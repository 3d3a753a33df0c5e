import type { Balancer } from "../balance/types.ts";
import type { Address, ServerModel } from "../config/model.ts";
import { plainServer } from "../config/plain.ts";
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
    ...plainServer(at, NO_SERVER),
    address,
    port: { kind: "fixed", value: 0 },
    initAddr: [],
    poolMaxConn: 0,
  };
}
