/** set server, set/get weight, set maxconn server, enable/disable server and health checks. */
import { isDynamic } from "../../../balance/index.ts";
import { S } from "../../../counters/shared.ts";
import type { ServerRef } from "../../stats/status.ts";
import { setAdminState, setHealth, setWeight } from "../../transitions.ts";
import { failure, type Answer, type Call, type Command } from "../command.ts";
import { findServer } from "../target.ts";
import { setServerAddress } from "./server-address.ts";

const MAX_WEIGHT = 256;

/** An integer and what stands behind it, or null when there are no digits (as strtol reads it). */
function leadingInteger(text: string): { value: number; rest: string } | null {
  const match = /^\s*([+-]?\d+)/.exec(text);
  return match === null ? null : { value: Number(match[1]), rest: text.slice(match[0].length) };
}

function changeWeight({ ctx, nowMs }: Call, ref: ServerRef, text: string | undefined): Answer {
  if (text === undefined || text === "") return failure("Require <weight> or <weight%>.");
  const parsed = leadingInteger(text);
  if (parsed === null) return { severity: 3, text: "Empty weight string empty or preceded by garbage" };
  const initial = ctx.shared.getState(ref.slot, S.initialWeight);
  let weight = parsed.value;
  if (parsed.rest === "%") {
    if (weight < 0) return failure("Relative weight must be positive.");
    weight = Math.min(MAX_WEIGHT, Math.floor((initial * weight) / 100));
  } else if (parsed.rest !== "") {
    return { severity: 3, text: "Trailing garbage in weight string" };
  } else if (weight < 0 || weight > MAX_WEIGHT) {
    return failure("Absolute weight can only be between 0 and 256 inclusive.");
  }
  if (weight !== 0 && weight !== initial && !isDynamic(ref.proxy.balance)) {
    return failure("Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.");
  }
  setWeight(ctx, ref, weight, nowMs);
  return "";
}

function changeHealth({ ctx, nowMs }: Call, ref: ServerRef, text: string | undefined): Answer {
  if (ref.server.track !== null) return failure("cannot change health on a tracking server.");
  if (text !== "up" && text !== "stopping" && text !== "down") {
    return failure("'set server <srv> health' expects 'up', 'stopping', or 'down'.");
  }
  setHealth(ctx, ref, text, nowMs);
  return "";
}

function changeState({ ctx, nowMs }: Call, ref: ServerRef, text: string | undefined): Answer {
  if (text !== "ready" && text !== "drain" && text !== "maint") {
    return failure("'set server <srv> state' expects 'ready', 'drain' and 'maint'.");
  }
  setAdminState(ctx, ref, text, nowMs);
  return "";
}

function changeCheckPort({ ctx }: Call, { server, slot }: ServerRef, text: string | undefined): Answer {
  if (text === undefined) return failure("set server <b>/<s> check-port requires a port.");
  if (!server.check.enabled || ctx.shared.getState(slot, S.checkOff) !== 0) {
    return { severity: 3, text: "health checks are not enabled on this server" };
  }
  const parsed = leadingInteger(text);
  if (parsed === null || parsed.rest !== "") return { severity: 3, text: "provided port is not an integer" };
  if (parsed.value < 0 || parsed.value > 65535) {
    return { severity: 3, text: "provided port is invalid" };
  }
  ctx.shared.setState(slot, S.checkPort, parsed.value);
  return "";
}

type Missing = "agent" | "agent-addr" | "agent-port" | "agent-send" | "check-addr" | "fqdn" | "ssl";

/** What cannot be changed here: as HAProxy says where the server lacks what it is about, which no server has of agents and resolvers. */
function withoutEffect({ server }: ServerRef, what: Missing): Answer {
  switch (what) {
    case "agent":
    case "agent-send":
      return failure("agent checks are not enabled on this server.");
    case "agent-addr":
    case "agent-port":
      return { severity: 3, text: "agent checks are not enabled on this server" };
    case "fqdn":
      return failure("set server <b>/<s> fqdn failed because no resolution is configured.");
    case "check-addr":
      if (!server.check.enabled) return { severity: 3, text: "health checks are not enabled on this server" };
      break;
    case "ssl":
      if (server.tls === null) {
        return failure("'set server <srv> ssl' cannot be set.  default-server should define ssl settings");
      }
  }
  return failure(`'set server ${what}' is not supported by tlb: change the 'server' line and send 'reload'.`);
}

export const setServer: Command = {
  name: "set server",
  usage: "set server <bk>/<srv> [opts]",
  help: "change the state, health, weight or address of a server",
  level: "admin",
  run(call) {
    const found = findServer(call.ctx, call.args[0]);
    if (!found.ok) return found.error;
    const [, what, ...rest] = call.args;
    switch (what) {
      case "weight":
        return changeWeight(call, found.value, rest[0]);
      case "state":
        return changeState(call, found.value, rest[0]);
      case "health":
        return changeHealth(call, found.value, rest[0]);
      case "addr":
        return setServerAddress(call, found.value, rest);
      case "check-port":
        return changeCheckPort(call, found.value, rest[0]);
      case "agent":
      case "agent-addr":
      case "agent-port":
      case "agent-send":
      case "check-addr":
      case "fqdn":
      case "ssl":
        return withoutEffect(found.value, what);
    }
    return failure("usage: set server <backend>/<server> addr | check-port | health | state | weight");
  },
};

export const setWeightCommand: Command = {
  name: "set weight",
  usage: "set weight <bk>/<srv>  (DEPRECATED)",
  help: "change the weight of a server (better: 'set server')",
  level: "admin",
  run(call) {
    const found = findServer(call.ctx, call.args[0]);
    return found.ok ? changeWeight(call, found.value, call.args[1]) : found.error;
  },
};

export const getWeight: Command = {
  name: "get weight",
  usage: "get weight <bk>/<srv>",
  help: "show the weight of a server, and the configured one",
  run({ ctx, args }) {
    const found = findServer(ctx, args[0]);
    if (!found.ok) return found.error;
    const { slot } = found.value;
    return `${ctx.shared.getState(slot, S.weight)} (initial ${ctx.shared.getState(slot, S.initialWeight)})\n`;
  },
};

export const setMaxconnServer: Command = {
  name: "set maxconn server",
  usage: "set maxconn server <bk>/<srv>",
  help: "change the limit of sessions on a server",
  level: "admin",
  run({ ctx, args }) {
    const found = findServer(ctx, args[0]);
    if (!found.ok) return found.error;
    if (args[1] === undefined) return failure("Require <maxconn>.");
    const parsed = leadingInteger(args[1]);
    if (parsed === null) return { severity: 3, text: "maxconn string empty or preceded by garbage" };
    if (parsed.rest !== "") return { severity: 3, text: "Trailing garbage in maxconn string" };
    ctx.shared.setState(found.value.slot, S.maxconn, Math.min(0x7fffffff, Math.max(0, parsed.value)));
    ctx.shared.bump(ctx.slotOf(`B/${found.value.proxy.name}`));
    return "";
  },
};

function oneServer(name: string, usage: string, help: string, state: "ready" | "maint"): Command {
  return {
    name,
    usage,
    help,
    level: "admin",
    run({ ctx, args, nowMs }) {
      const found = findServer(ctx, args[0]);
      if (!found.ok) return found.error;
      setAdminState(ctx, found.value, state, nowMs);
      return "";
    },
  };
}

export const enableServer = oneServer(
  "enable server",
  "enable server  (DEPRECATED)",
  "take a server out of maintenance (better: 'set server')",
  "ready",
);

export const disableServer = oneServer(
  "disable server",
  "disable server (DEPRECATED)",
  "put a server into maintenance (better: 'set server')",
  "maint",
);

function healthChecks(word: "enable" | "disable"): Command {
  return {
    name: `${word} health`,
    usage: `${word} health <bk>/<srv>`,
    help: `${word} the health checks of a server`,
    level: "admin",
    run({ ctx, args }) {
      const found = findServer(ctx, args[0]);
      if (!found.ok) return found.error;
      const { server, slot } = found.value;
      if (!server.check.enabled) {
        return word === "enable" ? failure("Health check was not configured on this server, cannot enable.") : "";
      }
      ctx.shared.setState(slot, S.checkOff, word === "disable" ? 1 : 0);
      return "";
    },
  };
}

export const enableHealth = healthChecks("enable");
export const disableHealth = healthChecks("disable");

/** No server has an agent. */
export const enableAgent: Command = {
  name: "enable agent",
  usage: "enable agent <bk>/<srv>",
  help: "enable the agent checks of a server",
  hidden: true,
  level: "admin",
  run({ ctx, args }) {
    const found = findServer(ctx, args[0]);
    return found.ok ? failure("Agent was not configured on this server, cannot enable.") : found.error;
  },
};

export const disableAgent: Command = {
  ...enableAgent,
  name: "disable agent",
  usage: "disable agent <bk>/<srv>",
  help: "disable the agent checks of a server",
  run({ ctx, args }) {
    const found = findServer(ctx, args[0]);
    return found.ok ? "" : found.error;
  },
};
