/** enable, disable dynamic-cookie backend; set dynamic-cookie-key backend. */
import type { ProxyModel } from "../../../config/model.ts";
import { type Answer, type Call, type Command, failure } from "../command.ts";
import { findBackend } from "../target.ts";
import { toBytes } from "./pattern-sets.ts";

function command(
  name: string,
  usage: string,
  help: string,
  run: (call: Call, proxy: ProxyModel) => Promise<Answer>,
): Command {
  return {
    name: `${name} backend`,
    usage,
    help,
    level: "admin",
    async run(call) {
      const [backend = ""] = call.args;
      if (backend === "") return failure("A backend name is expected.");
      const proxy = findBackend(call.ctx, backend);
      return proxy === null ? failure("No such backend.") : run(call, proxy);
    },
  };
}

function turn(word: "enable" | "disable"): Command {
  return command(
    `${word} dynamic-cookie`,
    `${word} dynamic-cookie backend <bk>`,
    `${word} dynamic cookies on a specific backend`,
    async ({ ctx }, proxy) => {
      await ctx.setDynamicCookie(proxy, { ...ctx.dynamicCookie(proxy), dynamic: word === "enable" });
      return "";
    },
  );
}

export const enableDynamicCookie = turn("enable");
export const disableDynamicCookie = turn("disable");

export const setDynamicCookieKey = command(
  "set dynamic-cookie-key",
  "set dynamic-cookie-key backend <bk> <k>",
  "change a backend secret key for dynamic cookies",
  async ({ ctx, args }, proxy) => {
    const [, key = ""] = args;
    if (key === "") return failure("String value expected.");
    await ctx.setDynamicCookie(proxy, { ...ctx.dynamicCookie(proxy), key: toBytes(key) });
    return "";
  },
);
