import { Admin, Oper } from "../counters/shared.ts";
import type { Server } from "../proxy/server.ts";

/** Whether persistence leads to it: weight, drain and stopping change nothing, only what is down gets no traffic. */
export function alive(server: Server): boolean {
  return (server.admin & Admin.maint) === 0 && server.oper !== Oper.stopped;
}
