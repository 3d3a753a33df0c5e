/**
 * Free TCP ports on loopback. They are taken below the kernel's ephemeral range (32768 and up), so that no outgoing
 * connection of a program under test can sit on one between the moment it is found free and the moment it is bound.
 */
const FIRST = 10_000;
const LAST = 32_000;

let next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

/** A TCP port nobody listens on, never handed out twice by this process. Throws when the range is used up. */
export function freePort(): number {
  for (let tries = 0; tries < LAST - FIRST; tries++) {
    next = next >= LAST ? FIRST : next + 1;
    if (isFree(next)) return next;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`);
}

function isFree(port: number): boolean {
  try {
    const listener = Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
    listener.stop(true);
    return true;
  } catch {
    return false;
  }
}

/** Resolves once something accepts connections on the port; rejects after `ms`. */
export async function accepting(port: number, ms = 5000): Promise<void> {
  const deadline = Date.now() + ms;
  while (true) {
    try {
      const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
      socket.end();
      return;
    } catch {
      if (Date.now() > deadline) throw new Error(`nothing accepts connections on port ${port} after ${ms} ms`);
      await Bun.sleep(5);
    }
  }
}
