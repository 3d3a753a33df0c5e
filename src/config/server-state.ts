/**
 * Server state files: what `show servers state` printed of servers, to be taken over at the next start (manual, section 4.2,
 * load-server-state-from-file). Version 1 of the format; `null` where a field is none.
 */
import { Admin, Oper } from "../counters/shared.ts";
import type { SavedServerModel } from "./model.ts";

/** A line has at least these fields and at most those of today. */
const LEAST_FIELDS = 20;
const MOST_FIELDS = 25;

const F = {
  backend: 1,
  server: 3,
  address: 4,
  oper: 5,
  admin: 6,
  weight: 7,
  initialWeight: 8,
  since: 9,
  checkStatus: 10,
  checkResult: 11,
  checkHealth: 12,
  checkState: 13,
  fqdn: 17,
  port: 18,
} as const;

/** Bits of srv_check_state. */
const CHECK_CONFIGURED = 2;
const CHECK_ENABLED = 4;

/** What the administrator has done to the server itself; the rest follows from other servers or from the name. */
const OWN = Admin.forcedMaint | Admin.configMaint | Admin.forcedDrain;

export interface SavedLine {
  /** Null: none, for a UNIX socket or a name that did not resolve. */
  readonly address: string | null;
  readonly port: number;
  /** Checks were switched off at run time. */
  readonly unchecked: boolean;
  readonly state: SavedServerModel;
}

/** The lines of a file by "backend server"; a text tells why a line is of no use. */
export type SavedServers = ReadonlyMap<string, SavedLine | string>;

/** A number tells the line that is malformed; 0: it is not of a version that is known. */
export function parseServerStates(text: string): SavedServers | number {
  const lines = text.split("\n");
  if (lines[0]?.trim() !== "1") return 0;
  const found = new Map<string, SavedLine | string>();
  for (let i = 1; i < lines.length; i++) {
    const words = lines[i]!.trim().split(/[ \t]+/);
    if (words[0] === "" || words[0]!.startsWith("#")) continue;
    if (words.length < LEAST_FIELDS || words.length > MOST_FIELDS) return i + 1;
    found.set(`${words[F.backend]} ${words[F.server]}`, readLine(words));
  }
  return found;
}

function readLine(words: readonly string[]): SavedLine | string {
  const bad = (name: string, field: number): string => `invalid ${name} value '${words[field]}'`;
  const oper = integer(words[F.oper]!, Oper.stopping);
  if (oper === null) return bad("srv_op_state", F.oper);
  const admin = integer(words[F.admin]!, 255);
  if (admin === null) return bad("srv_admin_state", F.admin);
  const weight = integer(words[F.weight]!, 256);
  if (weight === null) return bad("srv_uweight", F.weight);
  const initialWeight = integer(words[F.initialWeight]!, 256);
  if (initialWeight === null) return bad("srv_iweight", F.initialWeight);
  const since = integer(words[F.since]!, 0x7fffffff);
  if (since === null) return bad("srv_time_since_last_change", F.since);
  const checkStatus = integer(words[F.checkStatus]!, 255);
  if (checkStatus === null) return bad("srv_check_status", F.checkStatus);
  const checkResult = integer(words[F.checkResult]!, 4);
  if (checkResult === null) return bad("srv_check_result", F.checkResult);
  const health = integer(words[F.checkHealth]!, 0x7fffffff);
  if (health === null) return bad("srv_check_health", F.checkHealth);
  const checkState = integer(words[F.checkState]!, 255);
  if (checkState === null) return bad("srv_check_state", F.checkState);
  const port = integer(words[F.port]!, 65535);
  if (port === null) return bad("srv_port", F.port);
  const address = words[F.address]!;
  return {
    address: address === "-" ? null : address,
    port,
    unchecked: (checkState & (CHECK_CONFIGURED | CHECK_ENABLED)) === CHECK_CONFIGURED,
    state: { oper, admin: admin & OWN, weight, initialWeight, since, checkStatus, checkResult, health },
  };
}

function integer(text: string, max: number): number | null {
  if (!/^\d{1,10}$/.test(text)) return null;
  const value = Number(text);
  return value > max ? null : value;
}
