/** Finds what a command names: "backend/server", a backend, a frontend. */
import type { ProxyModel } from "../../config/model.ts";
import type { AdminContext } from "../context.ts";
import type { ServerRef } from "../stats/status.ts";
import { failure, type Message } from "./command.ts";

export type Found<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Message };

function no(text: string): { ok: false; error: Message } {
  return { ok: false, error: failure(text) };
}

export function findBackend(ctx: AdminContext, name: string): ProxyModel | null {
  return ctx.model().proxies.find((proxy) => proxy.kind !== "frontend" && proxy.name === name) ?? null;
}

export function findServer(ctx: AdminContext, text: string | undefined): Found<ServerRef> {
  const slash = text?.indexOf("/") ?? -1;
  if (text === undefined || slash < 0) return no("Require 'backend/server'.");
  const proxy = findBackend(ctx, text.slice(0, slash));
  if (proxy === null) return no("No such backend.");
  const server = proxy.servers.find(({ name }) => name === text.slice(slash + 1));
  if (server === undefined) return no("No such server.");
  if (proxy.disabled) return no("Proxy is disabled.");
  return { ok: true, value: { proxy, server, slot: ctx.slotOf(`S/${proxy.name}/${server.name}`) } };
}

export function findFrontend(ctx: AdminContext, name: string | undefined): Found<ProxyModel> {
  if (name === undefined) return no("A frontend name is expected.");
  const proxy = ctx.model().proxies.find((p) => p.kind !== "backend" && p.name === name);
  return proxy === undefined ? no("No such frontend.") : { ok: true, value: proxy };
}
