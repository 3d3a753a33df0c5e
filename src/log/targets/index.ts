import type { LogTargetModel } from "../../config/model.ts";
import { abnsSockAddr, ipSockAddr, type SockAddr, unixSockAddr } from "../../ffi/sockaddr.ts";
import { DatagramSink } from "./datagram.ts";
import { DescriptorSink } from "./descriptor.ts";
import type { Sink } from "./sink.ts";

type Target = LogTargetModel["target"];

const sinks = new Map<string, Sink>();

/** One kind of target: what tells one place from another, and how it is opened. */
interface Kind<T extends Target> {
  key(target: T): string;
  open(target: T): Sink;
}

const kinds: { readonly [K in Target["kind"]]: Kind<Extract<Target, { readonly kind: K }>> } = {
  udp: {
    key: ({ ip, port }) => `udp ${ip} ${port}`,
    open: ({ ip, port }) => datagram(ipSockAddr(ip.includes(":") ? 6 : 4, ip, port), `${ip}:${port}`),
  },
  unix: { key: ({ path }) => `unix ${path}`, open: ({ path }) => datagram(unixSockAddr(path), path) },
  abns: { key: ({ name }) => `abns ${name}`, open: ({ name }) => datagram(abnsSockAddr(name), `abns@${name}`) },
  fd: { key: ({ fd }) => `fd ${fd}`, open: ({ fd }) => new DescriptorSink(fd) },
  stdout: { key: () => "fd 1", open: () => new DescriptorSink(1) },
  stderr: { key: () => "fd 2", open: () => new DescriptorSink(2) },
};

function datagram(address: SockAddr | null, place: string): Sink {
  if (address === null) throw new Error(`log target ${place} has no valid address`);
  return new DatagramSink(address);
}

/**
 * The sink of a target, one in this process for each place; it lives until the process ends, so a reload goes on with it.
 * Throws on an address the parser should have refused (not an IP address, a path longer than 107 bytes).
 */
export function openSink(target: Target): Sink {
  const { key, open }: Kind<never> = kinds[target.kind];
  const place = key(target as never);
  let sink = sinks.get(place);
  if (sink === undefined) sinks.set(place, (sink = open(target as never)));
  return sink;
}

/** Lines lost since start in this process: `DroppedLogs` of `show info`. */
export function droppedLogs(): number {
  let total = 0;
  for (const sink of sinks.values()) total += sink.dropped;
  return total;
}

/** Passes on what all sinks hold back. */
export function flushLogs(): void {
  for (const sink of sinks.values()) sink.flush();
}
