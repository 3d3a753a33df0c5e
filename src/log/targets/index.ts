import type { LogTargetModel } from "../../config/model.ts";
import { abnsSockAddr, ipSockAddr, type SockAddr, unixSockAddr } from "../../ffi/sockaddr.ts";
import { DatagramSink } from "./datagram.ts";
import { DescriptorSink } from "./descriptor.ts";
import type { Sink } from "./sink.ts";

type Target = LogTargetModel["target"];

const sinks = new Map<string, Sink>();

/** What tells one place from another. */
function key(target: Target): string {
  switch (target.kind) {
    case "udp":
      return `udp ${target.ip} ${target.port}`;
    case "unix":
      return `unix ${target.path}`;
    case "abns":
      return `abns ${target.name}`;
    case "fd":
      return `fd ${target.fd}`;
    case "stdout":
      return "fd 1";
    case "stderr":
      return "fd 2";
  }
}

function datagram(address: SockAddr | null, target: string): Sink {
  if (address === null) throw new Error(`log target ${target} has no valid address`);
  return new DatagramSink(address);
}

function create(target: Target): Sink {
  switch (target.kind) {
    case "udp":
      return datagram(ipSockAddr(target.ip.includes(":") ? 6 : 4, target.ip, target.port), key(target));
    case "unix":
      return datagram(unixSockAddr(target.path), key(target));
    case "abns":
      return datagram(abnsSockAddr(target.name), key(target));
    case "fd":
      return new DescriptorSink(target.fd);
    case "stdout":
      return new DescriptorSink(1);
    case "stderr":
      return new DescriptorSink(2);
  }
}

/**
 * The sink of a target, one in this process for each place; it lives until the process ends, so a reload goes on with it.
 * Throws on an address the parser should have refused (not an IP address, a path longer than 107 bytes).
 */
export function openSink(target: Target): Sink {
  const name = key(target);
  let sink = sinks.get(name);
  if (sink === undefined) {
    sink = create(target);
    sinks.set(name, sink);
  }
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
