/** disable, enable and shutdown frontend; set maxconn frontend and global. */
import type { ProxyModel } from "../../../config/model.ts";
import { C, PROCESS_SLOT } from "../../../counters/columns.ts";
import { S } from "../../../counters/shared.ts";
import { FrontendState } from "../../../proxy/frontend.ts";
import { failure, type Command } from "../command.ts";
import { findFrontend } from "../target.ts";

/** How messages call it. */
function called({ kind }: ProxyModel): string {
  return kind === "frontend" ? "frontend" : "proxy";
}

export const disableFrontend: Command = {
  name: "disable frontend",
  usage: "disable frontend <frontend>",
  help: "stop accepting connections for a while",
  level: "admin",
  async run({ ctx, args }) {
    const found = findFrontend(ctx, args[0]);
    if (!found.ok) return found.error;
    const { name } = found.value;
    const slot = ctx.slotOf(`F/${name}`);
    const state = ctx.shared.getState(slot, S.admin);
    if (state === FrontendState.stopped) return failure("Frontend was previously shut down, cannot disable.");
    if (state === FrontendState.paused) return failure("All sockets are already disabled.");
    ctx.shared.setState(slot, S.admin, FrontendState.paused);
    await ctx.setFrontend(name, "pause");
    ctx.logEvent(4, name, `Paused ${called(found.value)} ${name}.`);
    return "";
  },
};

export const enableFrontend: Command = {
  name: "enable frontend",
  usage: "enable frontend <frontend>",
  help: "accept connections again",
  level: "admin",
  async run({ ctx, args }) {
    const found = findFrontend(ctx, args[0]);
    if (!found.ok) return found.error;
    const { name } = found.value;
    const slot = ctx.slotOf(`F/${name}`);
    const state = ctx.shared.getState(slot, S.admin);
    if (state === FrontendState.stopped) return failure("Frontend was previously shut down, cannot enable.");
    if (state === FrontendState.running) return failure("All sockets are already enabled.");
    ctx.shared.setState(slot, S.admin, FrontendState.running);
    const problem = await ctx.setFrontend(name, "run");
    if (problem !== null) return failure(problem);
    ctx.logEvent(4, name, `Resumed ${called(found.value)} ${name}.`);
    return "";
  },
};

export const shutdownFrontend: Command = {
  name: "shutdown frontend",
  usage: "shutdown frontend <frontend>",
  help: "stop accepting connections for good",
  level: "admin",
  async run({ ctx, args }) {
    const found = findFrontend(ctx, args[0]);
    if (!found.ok) return found.error;
    const { name } = found.value;
    const slot = ctx.slotOf(`F/${name}`);
    if (ctx.shared.getState(slot, S.admin) === FrontendState.stopped) return failure("Frontend was already shut down.");
    const problem = await ctx.setFrontend(name, "stop");
    if (problem !== null) return failure(problem);
    ctx.shared.setState(slot, S.admin, FrontendState.stopped);
    const front = ctx.shared.sum(slot, C.connTot);
    const back = found.value.kind === "listen" ? ctx.shared.sum(ctx.slotOf(`B/${name}`), C.sessTot) : 0;
    ctx.logEvent(4, name, `Proxy ${name} stopped (cumulated conns: FE: ${front}, BE: ${back}).`);
    return "";
  },
};

/** A number as atoi() reads it. */
function integer(text: string): number {
  const value = Number.parseInt(text, 10);
  return Number.isNaN(value) ? 0 : value;
}

export const setMaxconnFrontend: Command = {
  name: "set maxconn frontend",
  usage: "set maxconn frontend <frontend> <value>",
  help: "change the limit of connections of a frontend",
  level: "admin",
  async run({ ctx, args }) {
    const found = findFrontend(ctx, args[0]);
    if (!found.ok) return found.error;
    if (args[1] === undefined) return failure("Integer value expected.");
    const value = integer(args[1]);
    if (value < 0) return failure("Value out of range.");
    ctx.shared.setState(ctx.slotOf(`F/${found.value.name}`), S.maxconn, Math.min(0x7ffffffe, value) + 1);
    await ctx.query("all", "frontend-state", [found.value.name]);
    return "";
  },
};

export const setMaxconnGlobal: Command = {
  name: "set maxconn global",
  usage: "set maxconn global <value>",
  help: "change the limit of connections of the whole process",
  level: "admin",
  async run({ ctx, args }) {
    if (args[0] === undefined) return failure("Expects an integer value.");
    const value = integer(args[0]);
    if (value > ctx.limits().hardMaxconn) return failure("Value out of range.");
    ctx.shared.setState(PROCESS_SLOT, S.maxconn, Math.max(0, value));
    await ctx.query("all", "frontend-state", [""]);
    return "";
  },
};
