/** A table that stores everything, and a frontend that tells what is in it. */
import { get } from "../../build.ts";
import type { Talk } from "../../scenario.ts";

/** Data that every table of these scenarios stores. */
export const STORED = [
  "conn_cnt",
  "conn_cur",
  "conn_rate",
  "sess_cnt",
  "sess_rate",
  "http_req_cnt",
  "http_req_rate",
  "http_err_cnt",
  "http_err_rate",
  "http_fail_cnt",
  "http_fail_rate",
  "bytes_in_rate",
  "bytes_out_rate",
  "kbytes_in",
  "kbytes_out",
] as const;

/** Periods that no scenario sees the end of: rates are counts. */
export const EVERYTHING =
  "conn_cnt,conn_cur,conn_rate(1h),sess_cnt,sess_rate(1h),http_req_cnt,http_req_rate(1h),http_err_cnt,http_err_rate(1h),http_fail_cnt,http_fail_rate(1h),bytes_in_cnt,bytes_in_rate(1h),bytes_out_cnt,bytes_out_rate(1h)";

/** A frontend that tells what the table has for a client, and tracks nothing itself. */
export const PROBE = `
frontend probe
    bind 127.0.0.1:{probe}
    http-request return status 200 content-type text/plain lf-string "${[...STORED, "trackers"]
      .map((name) => `${name}=%[src,table_${name}({@tab})]`)
      .join(" ")}"
backend tab
    stick-table type ip size 100 expire 1m store ${EVERYTHING}
`;

/** What the table says now. */
export async function probe(talk: Talk, key: string): Promise<void> {
  const text = await talk.once(get("/"), "probe");
  const values = text.slice(text.indexOf("\r\n\r\n") + 4).split(" ");
  talk.note(key, values.filter((value) => !value.endsWith("=0")).join(" "));
}
