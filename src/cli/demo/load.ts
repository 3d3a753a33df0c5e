/** The load of `tlb demo --once`. */
import { messageOf } from "../../util/error.ts";

export interface LoadResult {
  /** Answers by server name, in order of first answer. */
  readonly answers: ReadonlyMap<string, number>;
  /** Reasons of the requests that got none, each as often as it happened. */
  readonly failures: readonly string[];
}

/** Requests under way at a time: enough that some are when the server is killed. */
const CONCURRENCY = 8;
/** Longer than connect timeouts and turn-arounds of all retries together. */
const REQUEST_TIMEOUT_MS = 15_000;

/** Sends `total` requests to `url`; calls `midway` once when `killAt` of them were sent. */
export async function sendLoad(url: string, total: number, killAt: number, midway: () => void): Promise<LoadResult> {
  const answers = new Map<string, number>();
  const failures: string[] = [];
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < total) {
      sent++;
      if (sent === killAt) midway();
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
        const body = await response.text();
        const name = response.headers.get("x-served-by");
        if (response.status !== 200 || name === null)
          failures.push(`status ${response.status}: ${body.slice(0, 60).trim()}`);
        else answers.set(name, (answers.get(name) ?? 0) + 1);
      } catch (error) {
        failures.push(messageOf(error));
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, client));
  return { answers, failures };
}

/** Waits until `url` answers with 200, or `ms` are over, or `gone` says the other side has ended. Whether it answers. */
export async function waitForAnswer(url: string, ms: number, gone: () => boolean): Promise<boolean> {
  const end = Date.now() + ms;
  while (Date.now() < end && !gone()) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
      await response.arrayBuffer();
      if (response.status === 200) return true;
    } catch {
      // Not there yet.
    }
    await Bun.sleep(20);
  }
  return false;
}
