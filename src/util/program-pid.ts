/**
 * The number this program is known by: in the pid file, to service managers, in `show info`, and so in what it logs. Workers go by that of
 * their supervisor, which stays the same when a worker dies.
 */
let pid = process.pid;

/** The process id by which others know the program: the supervisor's, in its workers too. */
export function programPid(): number {
  return pid;
}

/** This process is a worker of the process that started it; asked for at once, since it gets another parent when that one dies. */
export function goBySupervisor(): void {
  pid = process.ppid;
}
