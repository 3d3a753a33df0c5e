/** What a program still holds when nobody talks to it any more: there must be nothing. */
import { readFileSync } from "node:fs";
import type { Proxy } from "../harness/proxy.ts";

/** Process ids of the direct children, in order. */
export function children(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  } catch {
    return "";
  }
}

/** How long a program may take to let go, ms: longer than a client may be silent in the scenarios. */
const WAIT = 15_000;

/**
 * Names of proxies and servers with current sessions or queued requests, after at most WAIT; sentences about a dead program or a replaced
 * worker (`before` is what `children` said at the start).
 */
export async function leaks(proxy: Proxy, before: string): Promise<string[]> {
  if (!proxy.program.running) return [`${proxy.name} has ended: ${proxy.program.stderr().slice(-500)}`];
  const found =
    children(proxy.program.pid) === before
      ? []
      : [`${proxy.name}: a worker was replaced: ${proxy.program.stderr().slice(-800)}`];
  const deadline = Date.now() + WAIT;
  while (true) {
    const busy = busyRows(await proxy.runtime("show stat"), proxy.name === "tlb");
    // The connections that ask are not among them.
    const connections = /^CurrConns: (\d+)$/m.exec(await proxy.runtime("show info"))?.[1];
    if (connections !== "0") busy.push(`CurrConns ${connections}`);
    if (busy.length === 0) return found;
    if (Date.now() > deadline) return [...found, ...busy.map((row) => `${proxy.name} still counts ${row}`)];
    await Bun.sleep(50);
  }
}

/**
 * Rows of `show stat` (CSV) whose qcur, scur or used_conn_cur is not 0, except the runtime socket's own. `connections`: those to servers too (HAProxy
 * miscounts them now and then), and what is open in HTTP/2.
 */
function busyRows(csv: string, connections: boolean): string[] {
  const [head = "", ...lines] = csv.trim().split("\n");
  const columns = head.replace(/^# /, "").split(",");
  const at = (name: string): number => {
    const index = columns.indexOf(name);
    if (index < 0) throw new Error(`no column ${name} in: ${head.slice(0, 200)}`);
    return index;
  };
  const [qcur, scur, used] = [at("qcur"), at("scur"), at("used_conn_cur")];
  const [open, streams] = connections ? [at("h2_open_connections"), at("h2_backend_open_streams")] : [-1, -1];
  const rows: string[] = [];
  for (const line of lines) {
    const cells = line.split(",");
    const queued = Number(cells[qcur]);
    const current = Number(cells[scur]);
    const held = connections ? Number(cells[used]) : 0;
    if (queued !== 0 || current !== 0 || held !== 0)
      rows.push(`${cells[0]}/${cells[1]}: qcur ${queued}, scur ${current}, used_conn_cur ${held}`);
    // Connections to servers may wait for the next request.
    if (Number(cells[streams] ?? 0) !== 0 || (cells[1] === "FRONTEND" && Number(cells[open] ?? 0) !== 0))
      rows.push(`${cells[0]}/${cells[1]}: streams ${cells[streams]}, connections of HTTP/2 ${cells[open]}`);
  }
  return rows;
}
