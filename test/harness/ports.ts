/**
 * Free ports on loopback, for TCP and UDP. They are taken below the kernel's ephemeral range (32768 and up), so that no outgoing
 * connection of a program under test can sit on one between the moment it is found free and the moment it is bound.
 *
 * Several test runs may share a machine: each takes ports from blocks that it has claimed by an abstract UNIX socket, which the
 * kernel gives back when the process ends, however it ends.
 */
import type { UnixSocketListener } from "bun";
import { strerror } from "../../src/ffi/errno.ts";
import { close } from "../../src/ffi/file.ts";
import { AF_INET, ipSockAddr, type SockAddr } from "../../src/ffi/sockaddr.ts";
import { setIntOption, SO_REUSEADDR, SOL_SOCKET } from "../../src/ffi/socket-options.ts";
import { bind, listen, SOCK_DGRAM, SOCK_STREAM, socket } from "../../src/ffi/socket.ts";

const FIRST = 10_000;
const BLOCK = 100;
const BLOCKS = 220;
/** Of one process, so that others find some too. */
const MOST = 60;

/** First ports of the blocks of this process. */
const claimed: number[] = [];
const claims: UnixSocketListener<undefined>[] = [];
/** The next block to ask for; begins anywhere, so that runs rarely ask for the same. */
let candidate = Math.floor(Math.random() * BLOCKS);
let asked = 0;
/** Where the next port is looked for: a block of `claimed`, and the port inside it. */
let block = -1;
let offset = BLOCK;

/**
 * A port nobody has. It comes again after 6000 others, or earlier where other runs have claimed most blocks. Throws when
 * nothing is free.
 */
export function freePort(): number {
  for (let tries = 0; tries < BLOCK * BLOCKS; tries++) {
    if (offset === BLOCK) {
      if (!claim() && claimed.length === 0) break;
      block = (block + 1) % claimed.length;
      offset = 0;
    }
    const port = claimed[block]! + offset++;
    if (isFree(port)) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${FIRST + BLOCK * BLOCKS}`);
}

/** One block more, behind those there are. False: all belong to somebody. */
function claim(): boolean {
  if (claimed.length === MOST) return false;
  for (; asked < BLOCKS; asked++, candidate = (candidate + 1) % BLOCKS) {
    const first = FIRST + BLOCK * candidate;
    try {
      const lock = Bun.listen({ unix: `\0tlb-test-ports-${first}`, socket: { data() {} } });
      lock.unref();
      claims.push(lock);
      block = claimed.push(first) - 2;
    } catch {
      continue;
    }
    asked++;
    candidate = (candidate + 1) % BLOCKS;
    return true;
  }
  return false;
}

/** Nobody has it, neither for TCP nor for UDP: logs and name servers of tests take theirs from here too. */
function isFree(port: number): boolean {
  const address = ipSockAddr(4, "127.0.0.1", port)!;
  return takes(SOCK_DGRAM, address) && takes(SOCK_STREAM, address);
}

function takes(type: number, address: SockAddr): boolean {
  const fd = socket(AF_INET, type);
  if (fd < 0) throw new Error(`no socket: ${strerror(fd)}`);
  // What connections of former listeners left behind is no obstacle to the next; a listener is.
  if (type === SOCK_STREAM) setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  const free = bind(fd, address) >= 0 && (type === SOCK_DGRAM || listen(fd, 1) >= 0);
  close(fd);
  return free;
}

/** Resolves once something accepts connections on the port; rejects after `ms`. */
export async function accepting(port: number, ms = 15_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (true) {
    try {
      const connection = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
      connection.end();
      return;
    } catch {
      if (Date.now() > deadline) throw new Error(`nothing accepts connections on port ${port} after ${ms} ms`);
      await Bun.sleep(5);
    }
  }
}
