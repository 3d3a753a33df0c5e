/**
 * Variables of sessions and streams in this worker, and the bytes they may take (manual, sections 2.8 and 3.2, tune.vars.*). What a
 * request's variable takes counts for its transaction, its session, and the process.
 */
import {
  noVariableLimits,
  VariableAccount,
  type VariableLimits,
  Variables,
  type VariableStore,
} from "../expr/variables.ts";

const everything = new VariableAccount(0, null);
/** Of the scope `proc`. */
export const processAccount: VariableAccount = new VariableAccount(0, everything);
let limits = noVariableLimits;

/** New limits: for the process at once, for sessions and streams from their next variable on. */
export function limitVariables(fresh: VariableLimits): void {
  limits = fresh;
  everything.limit = fresh.global;
  processAccount.limit = fresh.proc;
}

/** The store of the scope `sess`. Its owner calls `clear()` when the session ends. */
export function sessionVariables(): Variables {
  return new Variables(new VariableAccount(limits.sess, processAccount));
}

/** Who keeps the variables of a session. */
export interface SessionOwner {
  variables: Variables | null;
}

/** The scopes of one stream: `txn`, and `req` until the response begins, `res` from then on. */
export class StreamVariables {
  /** The store of `req` is that of `res` now. */
  private answering = false;
  private readonly txnAccount = new VariableAccount(0, null);
  private readonly messageAccount = new VariableAccount(0, this.txnAccount);
  private readonly txn = new Variables(this.txnAccount);
  private readonly message = new Variables(this.messageAccount);

  /** Forgets the stream. */
  reset(): void {
    this.txn.clear();
    this.message.clear();
    this.txnAccount.parent = null;
    this.answering = false;
  }

  /** `req` ends here. */
  startResponse(): void {
    if (this.answering) return;
    this.answering = true;
    this.message.clear();
  }

  /** Null where the scope does not exist: `res` before there is a response, `req` after that. */
  of(scope: "sess" | "txn" | "req" | "res" | "check", session: SessionOwner): VariableStore | null {
    if (scope === "sess") return (session.variables ??= sessionVariables());
    if (scope === "check" || (scope !== "txn" && (scope === "res") !== this.answering)) return null;
    if (this.txnAccount.parent === null) {
      this.txnAccount.parent = (session.variables ??= sessionVariables()).account;
      this.txnAccount.limit = limits.txn;
      this.messageAccount.limit = limits.reqres;
    }
    return scope === "txn" ? this.txn : this.message;
  }
}
