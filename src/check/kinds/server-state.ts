/** The value of the header of `http-check send-state` (manual section 4.2). */
import { L, LIVE_WIDTH, Oper, S } from "../../counters/shared.ts";
import { WEIGHT_SCALE, readAddress, type Server } from "../../proxy/server.ts";
import { trafficShare } from "../count.ts";

function words(server: Server): string {
  const { shared, slot, model } = server;
  const { rise, fall } = model.check;
  const health = shared.getState(slot, S.health);
  const oper = shared.getState(slot, S.oper);
  if (oper === Oper.stopped) return health > 0 ? `DOWN ${health}/${rise}` : "DOWN";
  const word = oper === Oper.stopping ? "NOLB" : "UP";
  return health === rise + fall - 1 ? word : `${word} ${health - rise + 1}/${fall}`;
}

/** "UP 1/3; address=127.0.0.1; port=80; name=be/s1; node=lb1; weight=1/2; scur=0/0; qcur=0" */
export function serverState(server: Server, node: string): string {
  const { shared, slot, backend, model } = server;
  const address = readAddress(shared, slot) ?? model.address;
  const where =
    address?.kind === "ip" ? [address.ip, address.port] : [address?.kind === "unix" ? address.path : "", ""];
  const live = Math.max(0, Atomics.load(shared.live, slot * LIVE_WIDTH + L.live));
  const queued = Math.max(0, Atomics.load(shared.live, slot * LIVE_WIDTH + L.queued));
  const { own, total } = trafficShare(server);
  let text =
    `${words(server)}; address=${where[0]}; port=${where[1]}; name=${backend.name}/${server.name}; node=${node}; ` +
    `weight=${Math.ceil(own / WEIGHT_SCALE)}/${Math.ceil(total / WEIGHT_SCALE)}; ` +
    `scur=${live}/${Math.max(0, backend.live - backend.queued)}; qcur=${queued}`;
  if (shared.getState(slot, S.oper) === Oper.starting) {
    const full = shared.getState(slot, S.weight) * WEIGHT_SCALE;
    text += `; throttle=${Math.max(1, Math.floor((100 * own) / Math.max(1, full)))}%`;
  }
  return text;
}
