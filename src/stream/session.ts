import type { Variables } from "../expr/variables.ts";
import type { TlsSession } from "../net/tls/session.ts";
import type { Tracking } from "../table/tracking.ts";
import type { Endpoint } from "./endpoint.ts";

/** What a PROXY header said beside the addresses. */
export interface ProxyFacts {
  readonly authority: string | null;
  readonly uniqueId: string | null;
  readonly tlvs: ReadonlyMap<number, string> | null;
}

/**
 * What came before the first byte of a client: rules at the accept, a PROXY header. Only made on listeners that have such;
 * null everywhere means that the socket tells.
 */
export class Session {
  /** Ends of the connection itself (fc_src, fc_dst): by `tcp-request connection set-src`. */
  connectionSource: Endpoint | null = null;
  connectionDestination: Endpoint | null = null;
  /** Ends of the session: by a PROXY header or `tcp-request session set-src`; null = those of the connection. */
  source: Endpoint | null = null;
  destination: Endpoint | null = null;
  proxy: ProxyFacts | null = null;
  /** The handshake that came before, on listeners that speak TLS. */
  tls: TlsSession | null = null;
  /** The session was counted already: its mode has changed. */
  counted = false;
  /** Variables of the scope `sess`, made when first needed. */
  variables: Variables | null = null;
  /** What rules about connections and sessions track in stick tables; null = nothing. */
  tracking: Tracking | null = null;
  /** Epoch ms of the accept, and of the moment all headers were received. */
  accepted: number;
  ready: number;

  constructor(accepted: number) {
    this.accepted = this.ready = accepted;
  }
}
