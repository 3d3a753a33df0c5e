/**
 * Results of health checks as numbers of the shared state cell `checkStatus`; the numbers are those `show servers state`
 * prints in HAProxy 2.6, so that state files can be exchanged. Names: management manual, section 9.1, check_status.
 */
export const CheckStatus = {
  unknown: 0,
  initializing: 1,
  started: 2,
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

interface Info {
  /** As in the column check_status. */
  readonly name: string;
  /** As in the column check_desc. */
  readonly text: string;
}

const infos: Readonly<Record<number, Info>> = {
  0: { name: "UNK", text: "Unknown" },
  1: { name: "INI", text: "Initializing" },
  2: { name: "", text: "" },
  4: { name: "HANA", text: "Health analyze" },
  5: { name: "SOCKERR", text: "Socket error" },
  6: { name: "L4OK", text: "Layer4 check passed" },
  7: { name: "L4TOUT", text: "Layer4 timeout" },
  8: { name: "L4CON", text: "Layer4 connection problem" },
  9: { name: "L6OK", text: "Layer6 check passed" },
  10: { name: "L6TOUT", text: "Layer6 timeout" },
  11: { name: "L6RSP", text: "Layer6 invalid response" },
  12: { name: "L7TOUT", text: "Layer7 timeout" },
  13: { name: "L7RSP", text: "Layer7 invalid response" },
  15: { name: "L7OK", text: "Layer7 check passed" },
  16: { name: "L7OKC", text: "Layer7 check conditionally passed" },
  17: { name: "L7STS", text: "Layer7 wrong status" },
  18: { name: "PROCERR", text: "External check error" },
  19: { name: "PROCTOUT", text: "External check timeout" },
  20: { name: "PROCOK", text: "External check passed" },
};

export function checkStatusInfo(status: number): Info {
  return infos[status] ?? infos[0]!;
}

/** Whether the status is the result of a check that came to its end. */
export function isFinished(status: number): boolean {
  return status >= CheckStatus.healthAnalyze;
}

/** Whether the check reached layers 5 to 7, where a status code means something. */
export function hasCode(status: number): boolean {
  return status >= CheckStatus.l7ok;
}
