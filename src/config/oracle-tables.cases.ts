import type { OracleCase } from "./oracle.cases.ts";

/** `stick-table`, in the backend of a configuration that is fine otherwise. */
function table(...lines: string[]): OracleCase[] {
  return lines.map((line) => ({
    name: `stick-table ${line}`,
    text:
      "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n mode http\n" +
      `frontend f\n bind :8001\n default_backend b\nbackend b\n server s 127.0.0.1:80\n stick-table ${line}\n`,
  }));
}

function differs(why: string, list: OracleCase[]): OracleCase[] {
  return list.map((one) => ({ ...one, differs: why }));
}

function store(...types: string[]): OracleCase[] {
  return table(...types.map((type) => `type ip size 1k store ${type}`));
}

const LATER = "known to HAProxy, not supported yet";

export const tableCases: readonly OracleCase[] = [
  ...table(
    "",
    "type ip",
    "size 10",
    "type ip size",
    "type ip size 0",
    "type ip size 10x",
    "type ip size 1kk",
    "type ip size 1K",
    "type ip size -1",
    "type ip size 5g",
    "type ip size 1k",
    "type ipv6 size 1m",
    "type integer size 1",
    "type string size 1k",
    "type string len 10 size 1k",
    "type string len 0 size 1k",
    "type string len x size 1k",
    "type string len size 1k",
    "type string len",
    "type binary size 1k",
    "type binary len 8 size 1k",
    "type binary len 0 size 1k",
    "type ip len 4 size 1k",
    "type foo size 1k",
    "type",
    "type ip size 1k foo",
    "type ip size 1k size 2k",
    "type ip type ipv6 size 1k",
    "size 1k type ip",
    "type ip size 1k expire",
    "type ip size 1k expire 0",
    "type ip size 1k expire 10us",
    "type ip size 1k expire 30m",
    "type ip size 1k expire 10y",
    "type ip size 1k expire 100d",
    "type ip size 1k expire 10s5",
    "type ip size 1k expire 30m expire 10m",
    "type ip size 1k nopurge",
    "type ip size 1k srvkey",
    "type ip size 1k srvkey addr",
    "type ip size 1k srvkey name",
    "type ip size 1k srvkey foo",
    "type ip size 1k peers",
    "type ip size 1k peers nope",
    "type ip size 1k write-to b",
    "type ip size 1k recv-only",
    "type ip size 1k store",
    "type ip size 1k expire 30m store gpc0 nopurge store conn_cnt",
    "type ip size 1k\n stick-table type ip size 1k",
    "type ip size 1k\nfrontend b\n bind :8002\n default_backend b\n stick-table type ip size 1k",
  ),
  ...store(
    "foo",
    "gpc0,gpc0",
    "gpc0 store gpc0",
    "gpc0 gpc1",
    "gpc0, gpc1",
    "gpc0,",
    ",gpc0",
    "gpc0,,gpc1",
    '""',
    "gpc(2),gpc0",
    "gpc0,gpc(2)",
    "gpc(2),gpc1",
    "gpc(2),gpc0_rate(10s)",
    "gpc_rate(2,10s),gpc0_rate(10s)",
    "gpc1_rate(10s),gpc_rate(2,10s)",
    "gpt0,gpt(3)",
    "gpt(3),gpt0",
    "gpt(100)",
    "gpt(101)",
    "gpt(0)",
    "gpt",
    "gpt()",
    "gpt(x)",
    "gpt(5x)",
    "gpc0(3)",
    "conn_rate",
    "conn_rate()",
    "conn_rate(10s)",
    "conn_rate(10y)",
    "conn_rate(10sx)",
    "conn_rate(10s",
    "conn_rate( 10s)",
    "conn_rate(10s,5)",
    "conn_rate(10s)x",
    "conn_rate(100d)",
    "http_req_rate(1500us)",
    "gpc_rate(2)",
    "gpc_rate(2,)",
    "gpc_rate(101,10s)",
    "gpc_rate(2,10s)",
    "server_id,server_key,server_name",
    "http_fail_cnt,http_fail_rate(10s)",
    "glitch_cnt",
    "bytes_in_cnt,bytes_in_rate(1m),bytes_out_cnt,bytes_out_rate(1m)",
    "conn_cnt,conn_cur,sess_cnt,sess_rate(1m),http_req_cnt,http_err_cnt,http_err_rate(1m),gpt0,gpc0,gpc1",
  ),
  ...differs("HAProxy accepts a rate over no time and ends with a division by zero", store("conn_rate(0)")),
  ...differs(
    "HAProxy takes a length that is no number for a huge one",
    table("type string len -5 size 1k", "type string len 10x size 1k"),
  ),
  ...differs("tlb maps a table in one piece of at most 4 GB", table("type ip size 3g")),
  ...differs(LATER, [
    {
      name: "a stick table of peers",
      text: table("type ip size 1k peers p\npeers p\n peer x 127.0.0.1:9")[0]!.text,
    },
  ]),
];
