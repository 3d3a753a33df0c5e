import type { Cache } from "../../cache/cache.ts";
import type { Answer, RuleStream } from "../types.ts";

/** Which end of the client's connection an action changes. */
export type Side = "source" | "destination";

/** What the actions that change the flow ask of a stream, in mode http and tcp. Actions get a RuleStream, which is one of these. */
export interface FlowStream extends RuleStream {
  /** From now on this stream counts as coming from, or going to, this address (4 or 16 bytes); the port stays. */
  setAddress(side: Side, address: Uint8Array): void;
  setPort(side: Side, port: number): void;
  /** Order in queues: lower classes go first, within a class the offset (ms) is added to the time of arrival. */
  setPriority(priorityClass: number | null, offset: number | null): void;
  /** Netfilter mark (SO_MARK) of the client's connection; needs CAP_NET_ADMIN, else no effect. */
  setMark(mark: number): void;
  /** TOS or traffic class of what is sent to the client. */
  setTos(tos: number): void;
  /** Ends it with its connection and without an answer. `silent`: the client is not even told by the kernel, where possible. */
  drop(silent: boolean): void;
}

/** And in mode http alone. */
export interface HttpFlowStream extends FlowStream {
  /** Bytes a head may have (tune.bufsize). */
  readonly bufferSize: number;
  /** `strict-mode` of the ruleset that runs; on when it begins. */
  strict: boolean;
  /** Counts a rewrite without room. True: strict-mode is on, and the exchange was answered by 500. */
  rewriteFailed(): boolean;
  /** Holds the request for `timeout tarpit`, then refuses it. */
  tarpit(status: number, answer: ((stream: RuleStream) => Answer) | null): void;
  /**
   * Waits for the whole body of the message, for its first `atLeast` bytes when that is not 0, or for a full buffer, and tells
   * a Verdict. `time` in ms from the first call on; when it has passed the exchange ends by 408, or 504 for a response.
   */
  waitForBody(time: number, atLeast: number, again: boolean): number;
  /** Sends an interim response 103 with these header lines. */
  earlyHint(lines: string): void;
  /** Looks for the answer in this cache: it is sent once the rules of the request are through. */
  useCache(cache: Cache): void;
  /** Stores the response in this cache, if it may be. */
  saveResponse(cache: Cache): void;
  /** The request is sent once only. */
  disableRetry(): void;
  /** In ms; 0 = none, negative = over at once. */
  setTimeout(which: "server" | "tunnel", time: number): void;
}
