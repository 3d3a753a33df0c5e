/** What `tlb help CODE` says about a finding. The rules of the linter are such rows too. */
export interface CodeInfo {
  /** Stable: `family/name`. */
  readonly code: string;
  /** A phrase, no full stop. */
  readonly title: string;
  /** What it means and what to do. */
  readonly explanation: string;
  /** Text of a configuration that is reported with this code; lines that stand in no section are put into one. */
  readonly bad?: string;
  /** The same, made right. */
  readonly good?: string;
}
