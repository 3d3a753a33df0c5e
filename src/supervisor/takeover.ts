/**
 * Listening sockets that go from one program to another which was started independently (`haproxy -x SOCKET -sf PID`): what
 * `_getsocks` is on a runtime socket with `expose-fd listeners`. The exchange is HAProxy's, so that either of the two may be HAProxy:
 *
 *     newer                                       older
 *     "_getsocks\n"                           ─>
 *                                             <─  number of descriptors, an int of the machine
 *                                             <─  up to 252 descriptors; for each the network namespace and the interface, a byte of
 *                                                 length before each, and four bytes of zero
 *     descriptors received so far, an int     ─>
 *                                             <─  the next 252, and so on
 *
 * The sockets are then those of both: no connection is refused or forgotten, whoever accepts it.
 */
import type { BindModel, Model } from "../config/model.ts";
import { EAGAIN, EINTR, ETIMEDOUT, strerror } from "../ffi/errno.ts";
import { recvDataWithFds, sendDataWithFds } from "../ffi/fdpass.ts";
import { close, setNonBlocking } from "../ffi/file.ts";
import { AF_UNIX, sockAddr, unixSockAddr } from "../ffi/sockaddr.ts";
import {
  getIntOption,
  IP_TRANSPARENT,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_ACCEPTCONN,
  SOL_SOCKET,
} from "../ffi/socket-options.ts";
import { connect, getsockname, SOCK_STREAM, socket } from "../ffi/socket.ts";
import { listenerUses, type ListenerUse } from "./listeners.ts";

/** Of one message, as HAProxy has it. */
const MOST = 252;
const ANSWER_MS = 5000;

/** A descriptor with what its socket cannot be asked. */
export interface TakenSocket {
  readonly fd: number;
  readonly namespace: string;
  readonly interface: string;
}

/** Fetches the listening sockets of the program behind a runtime socket; a text says why there are none. */
export async function takeSockets(path: string): Promise<TakenSocket[] | string> {
  const address = unixSockAddr(path);
  if (address === null) return `the path is too long: ${path}`;
  const channel = socket(AF_UNIX, SOCK_STREAM);
  if (channel < 0) return strerror(channel);
  const fds: number[] = [];
  let data = Buffer.alloc(0);
  const fail = (why: string): string => {
    for (const fd of fds) close(fd);
    close(channel);
    return why;
  };
  const status = connect(channel, address);
  if (status < 0) return fail(strerror(status));
  setNonBlocking(channel, true);
  if (sendDataWithFds(channel, Buffer.from("_getsocks\n"), []) < 0) return fail("it takes no command");
  const head = await receive(channel, 4);
  if (typeof head === "number") return fail(strerror(head));
  if (head.data.length < 4) return fail("it hands no sockets over ('expose-fd listeners' is missing there)");
  const count = Buffer.from(head.data).readInt32LE(0);
  while (fds.length < count) {
    const part = await receive(channel, 32_768);
    if (typeof part === "number") return fail(strerror(part));
    if (part.data.length === 0) return fail("it ended before all sockets were handed over");
    fds.push(...part.fds);
    data = Buffer.concat([data, part.data]);
    const acknowledged = Buffer.alloc(4);
    acknowledged.writeInt32LE(fds.length, 0);
    sendDataWithFds(channel, acknowledged, []);
  }
  close(channel);
  const taken: TakenSocket[] = [];
  let at = 0;
  const word = (): string => {
    const length = data[at] ?? 0;
    const text = data.toString("latin1", at + 1, at + 1 + length);
    at += 1 + length;
    return text;
  };
  for (const fd of fds) {
    taken.push({ fd, namespace: word(), interface: word() });
    at += 4;
  }
  return taken;
}

async function receive(channel: number, most: number): Promise<Exclude<ReturnType<typeof recvDataWithFds>, never>> {
  const deadline = Date.now() + ANSWER_MS;
  for (;;) {
    const got = recvDataWithFds(channel, most);
    if (typeof got !== "number" || (got !== -EAGAIN && got !== -EINTR)) return got;
    if (Date.now() > deadline) return -ETIMEDOUT;
    await Bun.sleep(2);
  }
}

/**
 * Descriptors by the keys of what `model` listens on; those it does not listen on are closed. Lines with one address share its sockets evenly. Sockets with a
 * path are left: a new one takes the path, and who is in the queue of the old one is served there.
 */
export function shareOut(model: Model, taken: readonly TakenSocket[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const uses = listenerUses(model);
  let rest = taken.filter(({ fd }) => getIntOption(fd, SOL_SOCKET, SO_ACCEPTCONN) === 1);
  for (const [i, use] of uses.entries()) {
    if (use.address.kind !== "ip" && use.address.kind !== "abns") continue;
    const fitting = rest.filter((one) => fits(use, one));
    const same = uses.slice(i).filter((other) => fitting.length > 0 && fits(other, fitting[0]!)).length;
    const own = fitting.slice(0, Math.ceil(fitting.length / Math.max(1, same)));
    if (own.length === 0) continue;
    rest = rest.filter((one) => !own.includes(one));
    for (const { fd } of own) setNonBlocking(fd, true);
    found.set(
      use.key,
      own.map(({ fd }) => fd),
    );
  }
  const used = new Set([...found.values()].flat());
  for (const { fd } of taken) if (!used.has(fd)) close(fd);
  return found;
}

function fits({ proxy, index, address }: ListenerUse, taken: TakenSocket): boolean {
  const bind: BindModel | null = proxy?.binds[index] ?? null;
  if (taken.namespace !== (bind?.namespace ?? "") || taken.interface !== (bind?.interface ?? "")) return false;
  const name = getsockname(taken.fd);
  const wanted = sockAddr(address);
  const given = name === null ? null : sockAddr(name);
  if (wanted === null || given === null) return false;
  if (wanted.length !== given.length || !Buffer.from(wanted.bytes).equals(Buffer.from(given.bytes))) return false;
  if (bind === null || address.kind !== "ip") return true;
  if ((getIntOption(taken.fd, IPPROTO_IP, IP_TRANSPARENT) === 1) !== bind.transparent) return false;
  if (address.family === 4) return true;
  const only = getIntOption(taken.fd, IPPROTO_IPV6, IPV6_V6ONLY) === 1;
  return bind.v6only ? only : !(bind.v4v6 && only);
}

/** The side of the older one: hands `sockets` over on the connection that asked. Returns 0 or -errno; the connection ends then. */
export async function giveSockets(channel: number, sockets: readonly TakenSocket[]): Promise<number> {
  const count = Buffer.alloc(4);
  count.writeInt32LE(sockets.length, 0);
  const status = sendDataWithFds(channel, count, []);
  if (status < 0) return status;
  for (let i = 0; i < sockets.length; i += MOST) {
    const part = sockets.slice(i, i + MOST);
    const words = part.flatMap((one) => [word(one.namespace), word(one.interface), Buffer.alloc(4)]);
    const sent = sendDataWithFds(
      channel,
      Buffer.concat(words),
      part.map(({ fd }) => fd),
    );
    if (sent < 0) return sent;
    // Whoever runs the connection reads the last one.
    if (i + MOST >= sockets.length) break;
    const answer = await receive(channel, 4);
    if (typeof answer === "number") return answer;
    if (answer.data.length === 0) return -ETIMEDOUT;
  }
  return 0;
}

/** With its length before it. */
function word(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
