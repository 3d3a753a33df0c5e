/** Work put off to the end of the current turn of the event loop, when all sockets that were ready have been read. */

export interface TurnWork {
  /** Runs once after each `atTurnEnd`. */
  onTurnEnd(): void;
}

let due: TurnWork[] = [];
let running: TurnWork[] = [];

/** What to do with an exception of our own code. */
let report: (error: unknown) => void = (error) => console.error("tlb: internal error:", error);

export function setTurnReporter(reporter: (error: unknown) => void): void {
  report = reporter;
}

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
      report(error);
    }
  }
  list.length = 0;
}
