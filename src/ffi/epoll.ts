/** epoll(7) through libc, one set of events at a time. Every function returns a value >= 0, or the negated errno. */
import { result } from "./errno.ts";
import { openLibc, scratch } from "./libc.ts";

const libc = openLibc({
  epoll_create1: { args: ["i32"], returns: "i32" },
  epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  epoll_wait: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" },
});

export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
export const EPOLLET = 0x80000000;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;

const EPOLL_CLOEXEC = 0o2000000;

/** Events one `epollWait` fetches at most. */
const MAX_EVENTS = 128;

/** struct epoll_event is packed on x86-64 alone: u32 events, u64 data. */
const WORDS = process.arch === "x64" ? 3 : 4;
const DATA = WORDS - 2;

const events = scratch(MAX_EVENTS * WORDS * 4);
const one = scratch(WORDS * 4);

/** A new epoll instance, close-on-exec, or -errno. */
export function epollCreate(): number {
  return result(libc.epoll_create1(EPOLL_CLOEXEC));
}

/** Adds, changes or removes what is waited for on `fd`; `id` and `generation` come back with each of its events. */
export function epollControl(
  epoll: number,
  operation: number,
  fd: number,
  wanted: number,
  id: number,
  generation: number,
): number {
  one.u32[0] = wanted;
  one.u32[DATA] = id;
  one.u32[DATA + 1] = generation;
  return result(libc.epoll_ctl(epoll, operation, fd, one.ptr));
}

/** Fetches what is ready now, without waiting: how many. Read them before the next call. */
export function epollWait(epoll: number): number {
  return result(libc.epoll_wait(epoll, events.ptr, MAX_EVENTS, 0));
}

/** EPOLL… bits of event `i` of the last wait. */
export function eventsOf(i: number): number {
  return events.u32[i * WORDS]!;
}

/** The id that its descriptor was added with. */
export function idOf(i: number): number {
  return events.u32[i * WORDS + DATA]!;
}

/** The generation that its descriptor was added with. */
export function generationOf(i: number): number {
  return events.u32[i * WORDS + DATA + 1]!;
}
