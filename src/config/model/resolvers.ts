import type { Position } from "../../lang/position.ts";

/** A `resolvers` section (manual, section 5.3.2). Times in ms. */
export interface ResolversModel {
  readonly at: Position;
  readonly name: string;
  readonly nameservers: readonly { readonly name: string; readonly ip: string; readonly port: number }[];
  /** accepted_payload_size */
  readonly payloadSize: number;
  /** resolve_retries */
  readonly retries: number;
  readonly timeoutRetry: number;
  /** `hold valid`: how long do-resolve keeps an address. */
  readonly holdValid: number;
}
