/** show servers state, show servers conn, show backend. */
import type { ProxyModel } from "../../../config/model.ts";
import { C, COLUMNS } from "../../../counters/columns.ts";
import { Admin, S } from "../../../counters/shared.ts";
import type { AdminContext } from "../../context.ts";
import { addressOnly, serverAddress } from "../../stats/address.ts";
import { failure, type Command } from "../command.ts";
import { findBackend } from "../target.ts";

/** Version of the format; a server state file starts with it too. */
const STATE_VERSION = 1;

const STATE_FIELDS =
  "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight " +
  "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state " +
  "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr " +
  "srv_agent_addr srv_agent_port";

/** Bits of srv_check_state. */
const CheckState = { configured: 2, enabled: 4, paused: 8 } as const;

function backends(ctx: AdminContext, name: string | undefined): readonly ProxyModel[] | null {
  if (name === undefined) return ctx.model().proxies.filter((proxy) => proxy.kind !== "frontend" && !proxy.disabled);
  const proxy = findBackend(ctx, name);
  return proxy === null ? null : [proxy];
}

/** The lines of `show servers state`; a server state file has the same. */
function* serversState(ctx: AdminContext, proxies: readonly ProxyModel[], nowMs: number): Generator<string, void> {
  yield `${STATE_VERSION}\n# ${STATE_FIELDS}\n`;
  const now = Math.floor(nowMs / 1000);
  for (const proxy of proxies) {
    for (const server of proxy.servers) {
      const slot = ctx.slotOf(`S/${proxy.name}/${server.name}`);
      const get = (cell: number): number => ctx.shared.getState(slot, cell);
      const address = serverAddress(ctx.shared, slot, server);
      const maint = (get(S.admin) & Admin.maint) !== 0;
      let check = 0;
      if (server.check.enabled && server.track === null) {
        check = CheckState.configured | CheckState.enabled | (maint ? CheckState.paused : 0);
      } else if (get(S.admin) & Admin.configMaint) {
        // As HAProxy has it: nothing is there that would go on.
        check = CheckState.paused;
      }
      const fields = [
        proxy.id,
        proxy.name,
        server.id,
        server.name,
        address?.kind === "ip" ? address.ip : "-",
        get(S.oper),
        get(S.admin),
        get(S.weight),
        get(S.initialWeight),
        Math.max(0, now - get(S.lastChange)),
        get(S.checkStatus),
        get(S.checkResult),
        get(S.health),
        check,
        0,
        Number(proxy.forcedId),
        Number(server.forcedId),
        server.fqdn ?? "-",
        server.port.kind === "offset" || address?.kind !== "ip" ? server.port.value >>> 0 : address.port,
        "-",
        Number(server.tls !== null),
        // Without agent-port and agent-addr an agent is where the checks go.
        server.check.port,
        server.check.addr ?? "-",
        server.check.addr ?? "-",
        server.check.port,
      ];
      yield `${fields.join(" ")}\n`;
    }
  }
}

export const showServersState: Command = {
  name: "show servers state",
  usage: "show servers state [<backend>]",
  help: "show what is volatile about servers, as a server state file keeps it",
  run({ ctx, args, nowMs }) {
    const chosen = backends(ctx, args[0]);
    return chosen === null ? failure("Can't find backend.") : serversState(ctx, chosen, nowMs);
  },
};

function* serversConn(ctx: AdminContext, proxies: readonly ProxyModel[]): Generator<string, void> {
  const { shared } = ctx;
  yield `# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[${shared.workers}]\n`;
  for (const proxy of proxies) {
    for (const server of proxy.servers) {
      const slot = ctx.slotOf(`S/${proxy.name}/${server.name}`);
      const address = serverAddress(shared, slot, server);
      const used = shared.sum(slot, C.usedConns);
      const idle = shared.sum(slot, C.idleConns);
      const safe = shared.sum(slot, C.idleSafe);
      const fields = [
        `${proxy.name}/${server.name}`,
        `${proxy.id}/${server.id}`,
        addressOnly(address),
        address?.kind === "ip" ? address.port : server.port.value,
        "-",
        server.poolPurgeDelay,
        used,
        Math.max(used, shared.max(slot, C.sessMax)),
        used,
        Math.max(0, idle - safe),
        safe,
        server.poolMaxConn,
        idle,
        ...shared.slabs.slice(0, shared.workers).map((slab) => slab[slot * COLUMNS + C.idleConns]!),
      ];
      yield `${fields.join(" ")}\n`;
    }
  }
}

export const showServersConn: Command = {
  name: "show servers conn",
  usage: "show servers conn [<backend>]",
  help: "show the connections of servers",
  run({ ctx, args }) {
    const chosen = backends(ctx, args[0]);
    return chosen === null ? failure("Can't find backend.") : serversConn(ctx, chosen);
  },
};

export const showBackend: Command = {
  name: "show backend",
  usage: "show backend",
  help: "list the backends",
  run: ({ ctx }) => `# name\n${(backends(ctx, undefined) ?? []).map(({ name }) => `${name}\n`).join("")}`,
};
