import type { OracleCase } from "./oracle.cases.ts";

/** Lines of a frontend that has a stick table of addresses, beside other tables and a backend without one. */
function frontend(...lines: string[]): OracleCase[] {
  return lines.map((line) => ({
    name: `frontend with a table: ${line}`,
    text:
      "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n mode http\n" +
      `frontend f\n bind :8001\n stick-table type ip size 10 store http_req_rate(10s),gpc0,gpt0\n default_backend b\n ${line}\n` +
      "backend b\n server s 127.0.0.1:80\n" +
      "backend st\n stick-table type string len 20 size 10 store gpc(2),gpt(2)\n" +
      "backend int\n stick-table type integer size 10 store gpc0\n",
  }));
}

function differs(why: string, list: OracleCase[]): OracleCase[] {
  return list.map((one) => ({ ...one, differs: why }));
}

/** Samples and converters, in a rule. */
function samples(...expressions: string[]): OracleCase[] {
  return frontend(...expressions.map((text) => `http-request set-header x %[${text}]`));
}

export const counterCases: readonly OracleCase[] = [
  ...frontend(
    "http-request track-sc0 src",
    "http-request track-sc3 src",
    "http-request track-sc0",
    "http-request track-sc0 src table",
    "http-request track-sc0 src table nope",
    "http-request track-sc0 src table b",
    "http-request track-sc0 src table f if TRUE",
    "http-request track-sc0 path",
    "http-request track-sc0 path table int",
    "http-request track-sc0 method table int",
    "http-request track-sc0 bool(1) table f",
    "http-request track-sc0 req.fhdr table st",
    "http-request track-sc0 res.hdr(a) table st",
    "http-request track-sc0 nope table st",
    "http-request track-sc0 src foo",
    "http-response track-sc0 src",
    "http-response track-sc0 path table st",
    "http-after-response track-sc0 src",
    "tcp-request connection track-sc0 src",
    "tcp-request connection track-sc0 path table st",
    "tcp-request connection track-sc0 nope",
    "tcp-request connection track-sc1 src table nope",
    "tcp-request content track-sc2 path table st if TRUE",
    "tcp-request session track-sc9 src",
    "tcp-request session track-sc1 src if { src 127.0.0.1 }",
    "http-request sc-inc-gpc0(0)",
    "http-request sc-inc-gpc0",
    "http-request sc-inc-gpc0(3)",
    "http-request sc-inc-gpc0(a)",
    "http-request sc-inc-gpc0()",
    "http-request sc-inc-gpc0(0",
    "http-request sc-inc-gpc0(0) junk",
    "http-request sc-inc-gpc(0,0)",
    "http-request sc-inc-gpc(0)",
    "http-request sc-inc-gpc(0,3)",
    "http-request sc-inc-gpc(0,x)",
    "http-request sc-inc-gpc(0;0)",
    "http-request sc-inc-gpc(x,0)",
    "http-request sc-inc-gpc",
    "http-request sc-set-gpt0(0) 5",
    "http-request sc-set-gpt0(0) -5",
    "http-request sc-set-gpt0(0) 5x",
    "http-request sc-set-gpt0(0) 99999999999",
    "http-request sc-set-gpt0(0) hdr(a)",
    "http-request sc-set-gpt0(0) res.hdr(a)",
    "http-request sc-set-gpt0(0)",
    "http-request sc-set-gpt0(0) if TRUE",
    "http-request sc-set-gpt0(0) path,length",
    "http-request sc-set-gpt0(0) src",
    "http-request sc-set-gpt0(0) nope",
    "http-request sc-set-gpt0(3) 7",
    "http-request sc-set-gpt(0,0) 1",
    "http-request sc-set-gpt(0) 1",
    "http-after-response sc-inc-gpc0(0)",
    "tcp-response content sc-inc-gpc0(0)",
    "http-request sc-add-gpc(0,0) 1",
    "http-response sc-set-gpt0(0) res.hdr(a)",
    "http-response sc-set-gpt0(0) path",
    "tcp-request connection sc-set-gpt0(0) 7 if TRUE",
    "tcp-request session sc-inc-gpc1(2)",
  ),
  ...differs(
    "an index no table can have is an error",
    frontend("http-request sc-inc-gpc(100,0)", "http-request sc-set-gpt(100,0) 1"),
  ),
  ...differs("the number of a counter is one from 0 to 2", frontend("http-request sc-inc-gpc0(-1)")),
  ...differs("what stands behind the parentheses is an error", frontend("http-request sc-inc-gpc0(0)x")),
  ...differs("a method is no number, and never will be", frontend("http-request sc-set-gpt0(0) method")),
  ...differs("the counter must be said", frontend("http-request track-sc src")),
  ...differs(
    "expressions are possible there too; HAProxy 2.6 reports an internal error",
    frontend("tcp-request connection sc-set-gpt0(0) src_port"),
  ),
  ...samples(
    "sc0_http_req_rate",
    "sc0_http_req_rate()",
    "sc0_http_req_rate(nope)",
    "sc0_http_req_rate(b)",
    "sc0_http_req_rate(st)",
    "sc_http_req_rate",
    "sc_http_req_rate()",
    "sc_http_req_rate(3)",
    "sc_http_req_rate(-1)",
    "sc_http_req_rate(0,st)",
    "sc_http_req_rate(0,nope)",
    "sc_http_req_rate(0,)",
    "sc_get_gpc(0,0)",
    "sc_get_gpc(100,0)",
    "sc_get_gpc(0,0,st)",
    "sc_get_gpc(0)",
    "sc_get_gpc(-1,0)",
    "src_http_req_rate",
    "src_http_req_rate()",
    "src_http_req_rate(f)",
    "src_http_req_rate(st)",
    "src_http_req_rate(nope)",
    "src_get_gpc(0,f)",
    "src_get_gpc(0)",
    "src_get_gpc(0,)",
    "src_inc_gpc0(f)",
    "table_cnt",
    "table_cnt()",
    "table_cnt(st)",
    "table_cnt(b)",
    "table_avl(nope)",
    "src,table_http_req_rate(f)",
    "src,table_http_req_rate",
    "src,table_http_req_rate()",
    "src,table_http_req_rate(nope)",
    "src,table_http_req_rate(b)",
    "src,table_http_req_rate(st)",
    "path,table_http_req_rate(int)",
    "path,in_table(f)",
    "src,table_gpc(0,st)",
    "src,table_gpc(st)",
    "src,table_gpc(x,st)",
    "src,table_gpc(200,st)",
    "src,table_expire(f)",
    "src,table_expire(f,-5)",
    "src,table_expire(f,x)",
    "bool(1),in_table(f)",
    "method,in_table(int)",
    "res.hdr(a),in_table(st)",
    "sc1_clr_gpc(0)",
    "sc1_clr_gpc",
    "sc1_clr_gpc(0,0)",
    "sc1_clr_gpc(0,0,st)",
    "sc1_clr_gpc(st)",
    "sc2_clr_gpc",
    "sc3_conn_cnt",
  ),
  // Where the proxy has no table of its own.
  ...[
    "http-request track-sc0 src",
    ...["src_conn_cnt", "table_cnt", "src,in_table", "sc_conn_cnt(0,)", "sc0_conn_cnt()"].map(
      (text) => `http-request set-header x %[${text}]`,
    ),
  ].map((line) => ({
    name: `backend without a table: ${line}`,
    text:
      "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n mode http\n" +
      `frontend f\n bind :8001\n default_backend b\nbackend b\n server s 127.0.0.1:80\n ${line}\n`,
  })),
  // In a disabled proxy names are not resolved.
  ...["http-request track-sc0 src table nope", "http-request deny if { src_conn_cnt(nope) gt 1 }"].map((line) => ({
    name: `disabled: ${line}`,
    text:
      "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n mode http\n" +
      `frontend f\n bind :8001\n default_backend b\nbackend b\n server s 127.0.0.1:80\nbackend c\n disabled\n ${line}\n`,
  })),
];
