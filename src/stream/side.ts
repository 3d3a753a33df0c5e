import type { Listener } from "../proxy/frontend.ts";
import type { ClientConn } from "./client.ts";
import type { Variables } from "../expr/variables.ts";
import type { Endpoint } from "./endpoint.ts";

/** The client of a stream, whatever carries it: a connection of its own, or one stream of a connection with many. */
export interface ClientSide {
  /** The connection under it. */
  readonly conn: ClientConn;
  readonly listener: Listener;
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly unix: boolean;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly connectionSource: Endpoint;
  readonly connectionDestination: Endpoint;
  /** Epoch ms at which its timer fires, 0 = not armed. */
  deadline: number;
  /** Variables of the scope `sess`, made when first needed. */
  variables: Variables | null;
  /** Nothing can be written any more. */
  readonly closed: boolean;
  /** This side sends nothing more. */
  readonly shut: boolean;
  /** The client sends nothing more. */
  readonly ended: boolean;
  /** Bytes wait until it takes some. */
  readonly blocked: boolean;
  addressBytes(): Uint8Array | null;
  noteAddress(): void;
  onBug(): void;
  abort(): void;
}
