import type { PatternStore } from "../expr/acl/store.ts";
import type { ProxyModel } from "../config/model.ts";
import type { Change, CookieChange } from "../expr/changes.ts";
import { cookieOrigin } from "../server/dynamic-cookie.ts";
import type { NumberedChange } from "../worker/changes.ts";
import type { Child } from "./child.ts";
import { Journal } from "./journal.ts";

/** What rules change at run time in one worker reaches all others, those that start later, and a successor of this process. */
export class Changes {
  /** Set once there is a successor, whose workers are to know too. */
  forward: ((changes: readonly Change[]) => void) | null = null;
  private readonly journal = new Journal();

  /** `running` yields the workers that serve. */
  constructor(private readonly running: () => readonly Child[]) {}

  /** Those of the workers of a former supervisor. Before any worker serves. */
  inherit(changes: readonly Change[]): void {
    for (const change of changes) this.journal.record(change);
  }

  /** The latest change of each thing, for a successor. */
  all(): Change[] {
    return this.journal.all();
  }

  /** From now on `patterns` has every change of patterns, those made so far included. */
  keepPatterns(patterns: PatternStore): void {
    this.journal.keepIn(patterns);
  }

  /** The runtime API changed something: told to all workers. What is recorded has it already. */
  edit(changes: readonly Change[]): void {
    this.tell(
      this.running(),
      0,
      changes.map((change) => ({ number: 0, change })),
    );
  }

  /** Records a change of the runtime API, and tells all workers. */
  record(change: Change): void {
    this.journal.record(change);
    this.edit([change]);
  }

  /** What the runtime API changed of the cookies of a backend; null = nothing, or the configuration says something else by now. */
  cookieOf(proxy: ProxyModel): CookieChange | null {
    const change = this.journal.get(`c${proxy.name}`);
    return change?.kind === "cookie" && change.origin === cookieOrigin(proxy) ? change : null;
  }

  /** As `all`, as if no worker that is there had made them: for a worker that starts. */
  numbered(): NumberedChange[] {
    return this.all().map((change) => ({ number: 0, change }));
  }

  /** What rules changed in workers of a former supervisor, which still finish. */
  adopt(changes: readonly Change[]): void {
    this.note(changes);
    this.edit(changes);
  }

  /** Everyone gets what `from` did, the sender too: it then knows its place in the order. */
  made(from: Child, changes: readonly NumberedChange[]): void {
    this.note(changes.map(({ change }) => change));
    this.tell(this.running(), from.pid, changes);
  }

  /** Tells a worker that begins to serve what was changed while it began. */
  repeat(child: Child): void {
    this.tell([child], 0, this.numbered());
  }

  /** A new configuration is in force: changes of pattern files for which `keep` is false are void, for the files changed themselves. */
  reloaded(keep: (file: string) => boolean): void {
    this.journal.retain(keep);
    this.tell(this.running(), 0, this.numbered());
  }

  private note(changes: readonly Change[]): void {
    this.forward?.(changes);
    for (const change of changes) this.journal.record(change);
  }

  private tell(children: readonly Child[], origin: number, changes: readonly NumberedChange[]): void {
    if (changes.length > 0) for (const child of children) child.tell({ type: "changes", origin, changes });
  }
}
