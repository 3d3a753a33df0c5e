/**
 * Results of health checks. The numbers are those HAProxy 2.6 prints in `show servers state`, so that state files can be
 * exchanged; names and descriptions are the columns check_status and check_desc (management manual, section 9.1).
 */
export const CheckStatus = {
  unknown: 0,
  initializing: 1,
  started: 2,
  /** Live traffic looked ill (`observe`), no check was made. */
  healthAnalyze: 4,
  socketError: 5,
  l4ok: 6,
  l4timeout: 7,
  l4con: 8,
  l6ok: 9,
  l6timeout: 10,
  l6rsp: 11,
  l7timeout: 12,
  l7rsp: 13,
  l7ok: 15,
  l7okConditional: 16,
  l7status: 17,
  procError: 18,
  procTimeout: 19,
  procOk: 20,
} as const;

export type CheckStatus = (typeof CheckStatus)[keyof typeof CheckStatus];

/** Outcome of the last check, srv_check_result of `show servers state` (management manual, section 9.3). */
export const CheckResult = { unknown: 0, neutral: 1, failed: 2, passed: 3, conditional: 4 } as const;

export type CheckResult = (typeof CheckResult)[keyof typeof CheckResult];

interface Info {
  /** As in the column check_status. */
  readonly name: string;
  /** As in the column check_desc and as the reason in log lines. */
  readonly text: string;
  readonly result: CheckResult;
}

const infos: Readonly<Record<CheckStatus, Info>> = {
  0: { name: "UNK", text: "Unknown", result: CheckResult.unknown },
  1: { name: "INI", text: "Initializing", result: CheckResult.unknown },
  2: { name: "", text: "", result: CheckResult.unknown },
  4: { name: "HANA", text: "Health analyze", result: CheckResult.failed },
  5: { name: "SOCKERR", text: "Socket error", result: CheckResult.failed },
  6: { name: "L4OK", text: "Layer4 check passed", result: CheckResult.passed },
  7: { name: "L4TOUT", text: "Layer4 timeout", result: CheckResult.failed },
  8: { name: "L4CON", text: "Layer4 connection problem", result: CheckResult.failed },
  9: { name: "L6OK", text: "Layer6 check passed", result: CheckResult.passed },
  10: { name: "L6TOUT", text: "Layer6 timeout", result: CheckResult.failed },
  11: { name: "L6RSP", text: "Layer6 invalid response", result: CheckResult.failed },
  12: { name: "L7TOUT", text: "Layer7 timeout", result: CheckResult.failed },
  13: { name: "L7RSP", text: "Layer7 invalid response", result: CheckResult.failed },
  15: { name: "L7OK", text: "Layer7 check passed", result: CheckResult.passed },
  16: { name: "L7OKC", text: "Layer7 check conditionally passed", result: CheckResult.conditional },
  17: { name: "L7STS", text: "Layer7 wrong status", result: CheckResult.failed },
  18: { name: "PROCERR", text: "External check error", result: CheckResult.failed },
  19: { name: "PROCTOUT", text: "External check timeout", result: CheckResult.failed },
  20: { name: "PROCOK", text: "External check passed", result: CheckResult.passed },
};

/** What is known of a status; numbers without a meaning count as unknown. */
export function checkStatusInfo(status: number): Info {
  return (infos as Readonly<Record<number, Info>>)[status] ?? infos[CheckStatus.unknown];
}

/** Status by its name, e.g. "L7OKC"; unknown for anything else. */
export function checkStatusByName(name: string): CheckStatus {
  for (const status of Object.values(CheckStatus)) if (infos[status].name === name) return status;
  return CheckStatus.unknown;
}

/** Whether the status is the result of a check that came to its end. */
export function isFinished(status: number): boolean {
  return status >= CheckStatus.healthAnalyze;
}

/** Whether a status code means something with it: the check went by the content of the answer. */
export function hasCode(status: number): boolean {
  return status >= CheckStatus.l7ok;
}
