/** The counters of a scenario's proxies as `show stat` tells them. */

/** Those that tell what ended and how; not the rates, nor what depends on when one looks. */
const COLUMNS: readonly string[] = (
  "qcur scur smax stot bin bout dreq dresp ereq econ eresp wretr wredis lbtot hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other " +
  "req_tot cli_abrt srv_abrt intercepted dcon dses wrew connect reuse eint conn_tot"
).split(" ");

/** By "proxy/row", what is not 0 of it: `stot=1 cli_abrt=1`. `csv` is the answer of `show stat`, `number` the scenario's in its process. */
export function countersOf(csv: string, number: number): Record<string, string> {
  const [head = "", ...lines] = csv.trim().split("\n");
  const names = head.replace(/^# /, "").split(",");
  const suffix = `-${number}`;
  const rows: Record<string, string> = {};
  for (const line of lines) {
    const cells = line.split(",");
    const [proxy = "", row = ""] = cells;
    if (!proxy.endsWith(suffix)) continue;
    const told = COLUMNS.map((name) => [name, cells[names.indexOf(name)] ?? ""] as const)
      .filter(([, value]) => value !== "" && value !== "0")
      .map(([name, value]) => `${name}=${value}`);
    rows[`${proxy.slice(0, -suffix.length)}/${row}`] = told.join(" ");
  }
  return rows;
}
