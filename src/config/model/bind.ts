import type { Position } from "../../lang/position.ts";
import type { Address } from "./address.ts";
import type { BindTlsModel } from "./tls.ts";

/** One address of a `bind` line (manual, section 5.1). */
export interface BindModel {
  readonly at: Position;
  readonly address: Address;
  /** `name` keyword or null; stats show "sock-N" for unnamed ones. */
  readonly name: string | null;
  /** `id` keyword or the next free one in its proxy, from 1. */
  readonly id: number;
  readonly backlog: number;
  readonly maxconn: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly interface: string | null;
  readonly v4v6: boolean;
  readonly v6only: boolean;
  readonly tfo: boolean;
  readonly deferAccept: boolean;
  readonly mss: number;
  readonly transparent: boolean;
  readonly tcpUserTimeout: number;
  readonly namespace: string | null;
  /** Connections begin with a PROXY header, or with a NetScaler Client IP header of this magic number. */
  readonly acceptProxy: boolean;
  readonly acceptNetscaler: boolean;
  readonly netscalerMagic: number;
  /** Null = no `ssl`. */
  readonly tls: BindTlsModel | null;
  /** The protocol every connection speaks; null = found out (manual, proto). */
  readonly proto: MuxProto | null;
}

export type MuxProto = "h1" | "h2" | "none";
