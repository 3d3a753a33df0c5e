import { ptr, read, type Pointer } from "bun:ffi";
import { openLibc, scratch } from "../ffi/libc.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;

let libc: ReturnType<typeof open> | null = null;

function open() {
  return openLibc({
    getaddrinfo: { args: ["ptr", "ptr", "ptr", "ptr"], returns: "i32" },
    freeaddrinfo: { args: ["ptr"], returns: "void" },
    setenv: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  });
}

/** Silent name servers: 2 s for each instead of the C library's 5, unless the environment says otherwise (resolv.conf(5)). */
function begin(): ReturnType<typeof open> {
  const opened = open();
  opened.setenv(ptr(Buffer.from("RES_OPTIONS\0")), ptr(Buffer.from("timeout:2 attempts:2\0")), 0);
  return opened;
}

type Resolve = (name: string, family: 0 | 4 | 6) => { readonly family: 4 | 6; readonly ip: string } | null;

/** All names of one configuration together may hold the start, or a reload, up for this long, and one name more. */
const BUDGET_MS = 10_000;

/** `ask` for one configuration: each name once, and none any more when the time is spent; the rest counts as not resolved. */
export function resolveWithin(ask: Resolve, now: () => number = Date.now): Resolve {
  const known = new Map<string, ReturnType<Resolve>>();
  let spent = 0;
  return (name, family) => {
    const key = `${family} ${name}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    if (spent >= BUDGET_MS) return null;
    const begun = now();
    const found = ask(name, family);
    spent += now() - begun;
    known.set(key, found);
    return found;
  };
}

/**
 * The first address the C library gives for a host name, as HAProxy asks for it: /etc/hosts, DNS and whatever else
 * nsswitch.conf names. Blocks until the answer is there, so it is for start and reload only, never for traffic.
 */
export function resolveName(name: string, family: 0 | 4 | 6): { family: 4 | 6; ip: string } | null {
  libc ??= begin();
  const text = Buffer.from(`${name}\0`, "latin1");
  // struct addrinfo: flags, family, socktype, protocol (i32 each), addrlen (u32), then pointers at 24, 32 and 40.
  const hints = scratch(48);
  hints.i32[1] = family === 4 ? AF_INET : family === 6 ? AF_INET6 : 0;
  hints.i32[2] = SOCK_DGRAM;
  const result = scratch(8);
  if (libc.getaddrinfo(ptr(text), null, hints.ptr, result.ptr) !== 0) return null;
  const first = read.ptr(result.ptr, 0) as Pointer;
  try {
    for (let entry = first; entry; entry = read.ptr(entry, 40) as Pointer) {
      const kind = read.i32(entry, 4);
      const address = read.ptr(entry, 24) as Pointer;
      if (kind === AF_INET) return { family: 4, ip: [4, 5, 6, 7].map((i) => read.u8(address, i)).join(".") };
      if (kind === AF_INET6) return { family: 6, ip: ipv6(address) };
    }
    return null;
  } finally {
    libc.freeaddrinfo(first);
  }
}

/** The address of a sockaddr_in6 in full, which every reader of the model parses. */
function ipv6(address: Pointer): string {
  const groups: string[] = [];
  for (let i = 8; i < 24; i += 2) groups.push(((read.u8(address, i) << 8) | read.u8(address, i + 1)).toString(16));
  return groups.join(":");
}
