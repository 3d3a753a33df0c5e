import { IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, setIntOption, TCP_QUICKACK } from "./socket-options.ts";

const TCP_REPAIR = 19;
const IP_TTL = 2;
const IPV6_UNICAST_HOPS = 16;

/**
 * Makes the next close of a TCP socket silent: nothing is sent (TCP_REPAIR, needs CAP_NET_ADMIN), or, without that right, a reset that
 * dies at the first router (manual, silent-drop). Close with a reset afterwards.
 */
export function quietClose(fd: number, ipv6: boolean): void {
  // What came and was not acknowledged yet would come again, and meet nobody: the kernel answers that with a reset.
  setIntOption(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
  if (setIntOption(fd, IPPROTO_TCP, TCP_REPAIR, 1) >= 0) return;
  if (ipv6) setIntOption(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1);
  else setIntOption(fd, IPPROTO_IP, IP_TTL, 1);
}
