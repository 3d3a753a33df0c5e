/** The process as a whole: reload, drain, stop, show workers. HAProxy has these in its master process. */
import type { Command } from "../command.ts";

export const reload: Command = {
  name: "reload",
  usage: "reload",
  help: "read the configuration again; answers ok or error, then the report",
  level: "admin",
  async run({ ctx }) {
    const { ok, text } = await ctx.reload();
    const report = text === "" || text.endsWith("\n") ? text : `${text}\n`;
    return `${ok ? "ok" : "error"}\n${report}`;
  },
};

export const upgrade: Command = {
  name: "upgrade",
  usage: "upgrade",
  help: "replace the running program by what its file holds now; answers ok or error, then the report",
  level: "admin",
  async run({ ctx }) {
    const { ok, text } = await ctx.upgrade();
    return `${ok ? "ok" : "error"}\n${text}`;
  },
};

/** For programs that take over (`haproxy -x`); on other sockets it just ends the connection, as HAProxy's does. */
export const getSockets: Command = {
  name: "_getsocks",
  usage: "_getsocks",
  help: "hand the listening sockets over",
  hidden: true,
  async run({ ctx, session }) {
    const { channel = -1 } = session;
    if (channel >= 0) await ctx.handSockets(channel);
    session.closing = true;
    return "";
  },
};

export const drainProcess: Command = {
  name: "shutdown process",
  usage: "shutdown process [now]",
  help: "end the process once its connections are done, or at once",
  level: "admin",
  run({ ctx, args }) {
    if (args[0] === "now") ctx.stop();
    else ctx.drain();
    return "";
  },
};

export const showWorkers: Command = {
  name: "show workers",
  usage: "show workers",
  help: "list the worker processes",
  run({ ctx, nowMs }) {
    let out = "# index pid state restarts uptime\n";
    for (const { index, pid, state, restarts, startedMs } of ctx.workers()) {
      const up = state === "dead" ? 0 : Math.max(0, Math.floor((nowMs - startedMs) / 1000));
      out += `${index} ${pid} ${state} ${restarts} ${up}\n`;
    }
    return out;
  },
};
