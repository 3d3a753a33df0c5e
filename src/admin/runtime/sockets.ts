/** Addresses of the runtime API (`stats socket`, manual section 3.1). */
import type { Address, StatsSocketModel } from "../../config/model.ts";

/** A listening socket; whoever opened it keeps it open. */
export interface RuntimeSocket {
  /** Stays the same over a reload as long as the socket does. */
  readonly key: string;
  readonly model: StatsSocketModel;
  readonly fd: number;
}

/** "unix@/path", "ipv4@1.2.3.4:99", "ipv6@[::1]:99", "abns@name", "fd@3", as `show cli sockets` prints them. */
export function socketAddress(address: Address): string {
  switch (address.kind) {
    case "unix":
      return `unix@${address.path}`;
    case "abns":
      return `abns@${address.name}`;
    case "fd":
      return `fd@${address.fd}`;
    case "ip":
      return address.family === 6 ? `ipv6@[${address.ip}]:${address.port}` : `ipv4@${address.ip}:${address.port}`;
  }
}
