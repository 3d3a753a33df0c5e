/** Work put off to the end of the current turn of the event loop, when all sockets that were ready have been read. */
import { reportBug } from "../util/bug.ts";

/** Who has work at the end of a turn. */
export interface TurnWork {
  /** Runs once after each `atTurnEnd`. */
  onTurnEnd(): void;
}

let due: TurnWork[] = [];
let running: TurnWork[] = [];

/** Runs `work` at the end of this turn. The caller asks once a turn. */
export function atTurnEnd(work: TurnWork): void {
  if (due.length === 0) setImmediate(run);
  due.push(work);
}

function run(): void {
  const list = due;
  due = running;
  running = list;
  for (let i = 0; i < list.length; i++) {
    try {
      list[i]!.onTurnEnd();
    } catch (error) {
      reportBug(error);
    }
  }
  list.length = 0;
}
