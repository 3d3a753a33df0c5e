/** show table, set table, clear table: what they print, and what is wrong with what they are given. */
import { get, http } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const masked = (text: string): string => text.replaceAll(/^0x[0-9a-f]+:/gm, "0x:").replaceAll(/exp=[1-9]\d*/g, "exp=N");

/** Commands one after the other, against tables of the sections behind the backend. `T` stands for the first of them. */
function session(name: string, tables: Readonly<Record<string, string>>, commands: readonly string[]): Scenario {
  const sections = Object.entries(tables).map(([table, line]) => `backend ${table}\n    stick-table ${line}\n`);
  const first = Object.keys(tables)[0]!;
  return {
    name: `table: ${name}`,
    config: `${http()}${sections.join("")}`,
    async client(talk) {
      for (const [i, command] of commands.entries()) {
        const answer = await talk.command(command.replace(/\bT\b/, `{@${first}}`));
        talk.note(`${i} ${command}`, masked(answer));
        // What happens in one millisecond has no order.
        if (name.includes("full")) await talk.sleep(5);
      }
    },
  };
}

const EVERYTHING =
  "server_id,gpt0,gpc0,gpc0_rate(10s),conn_cnt,conn_rate(10s),conn_cur,sess_cnt,sess_rate(1m),http_req_cnt,http_req_rate(1s)," +
  "http_err_cnt,http_err_rate(10s),bytes_in_cnt,bytes_in_rate(10s),bytes_out_cnt,bytes_out_rate(1h),gpc1,gpc1_rate(10s)," +
  "server_key,http_fail_cnt,http_fail_rate(10s)";

const types = EVERYTHING.replaceAll(/\([^)]*\)/g, "").split(",");

export const tableApi: readonly Scenario[] = [
  session("all data types", { all: `type string size 10 expire 1h store ${EVERYTHING}` }, [
    "show table T",
    "set table T key a",
    "show table T",
    ...types.map((type, i) => `set table T key a data.${type} ${i + 1}`),
    "show table T",
    `set table T key b ${types.map((type, i) => `data.${type} ${100 * i}`).join(" ")}`,
    "show table T",
    ...types.flatMap((type) => [`show table T data.${type} gt 100`, `show table T data.${type} eq 100`]),
    "clear table T data.server_key eq 0",
    "show table T",
  ]),
  session("arrays", { arrays: "type ip size 10 expire 1h store gpt(3),gpc(2),gpc_rate(2,1m)" }, [
    "set table T key 192.0.2.1 data.gpt 4 data.gpc 5 data.gpc_rate 6",
    "show table T",
    "set table T key 192.0.2.1 data.gpt0 1",
    "set table T key 192.0.2.1 data.gpt1 1",
    "set table T key 192.0.2.1 data.gpt[1] 1",
    "show table T data.gpt eq 4",
    "show table T data.gpt0 eq 4",
    "show table T data.gpc_rate ge 6",
    "show table T",
  ]),
  session("operators", { ops: "type integer size 100 expire 1h store gpc0" }, [
    ...[1, 2, 3, 4, 5].map((n) => `set table T key ${n} data.gpc0 ${n * 10}`),
    ...["eq", "ne", "le", "ge", "lt", "gt"].map((op) => `show table T data.gpc0 ${op} 30`),
    "show table T data.gpc0 gt 10 data.gpc0 lt 50",
    "show table T data.gpc0 gt 10 data.gpc0 lt 50 data.gpc0 ne 30",
    "show table T data.gpc0 gt 10 data.gpc0 lt 50 data.gpc0 ne 30 data.gpc0 ne 20",
    "show table T data.gpc0 gt 10 data.gpc0 lt 50 data.gpc0 ne 30 data.gpc0 ne 20 data.gpc0 gt 0",
    "show table T data.gpc0 gt 10 something",
    "show table T data.gpc0 gt 10 data.gpc0",
    "show table T data.gpc0 gt 10 data.gpc0 lt",
    "show table T data.gpc0 gt 10 key 1",
    "show table T data.gpc0 gt -1",
    "show table T data.gpc0 gt +20",
    "show table T data.gpc0 gt 0x10",
    "show table T data.gpc0 GT 1",
    "clear table T data.gpc0 gt 10 data.gpc0 lt 50",
    "show table T",
    "clear table T data.gpc0",
    "clear table T data.zork eq 1",
    "clear table T data.gpc1 eq 1",
    "clear table T",
    "show table T",
  ]),
  session("wrong words", { wrong: "type string size 10 expire 1h store gpc0" }, [
    "show table nosuch",
    "set table",
    "clear table",
    "set table nosuch",
    "set table nosuch key a",
    "clear table nosuch",
    "show table T zork",
    "set table T zork",
    "clear table T zork",
    "set table T",
    "show table T key",
    "set table T key",
    "clear table T key",
    "set table T data.gpc0 1",
    "set table T data.gpc0 eq 1",
    "set table T data.zork eq 1",
    "set table T key a gpc0 1",
    "set table T key a data.gpc0",
    "set table T key a data.gpc0 x",
    "set table T key a data.gpc0 1x",
    "set table T key a data.gpc0 0x1",
    "set table T key a data.gpc0 4 data.zork 1",
    "set table T key a data.gpc0 5 zork",
    "set table T key a data.gpc1 1",
    "set table T key a data. 1",
    "show table T",
    "show table T data.",
    "show table T data.gpc0 eq 5 extra",
    "show table T key a extra",
    "clear table T key nosuch",
    "clear table T key a",
    "show table T key a",
    "show table T key nosuch",
  ]),
  session(
    "numbers that do not fit",
    { numbers: "type string size 10 expire 1h store gpc0,server_id,bytes_in_cnt,http_req_rate(1h)" },
    [
      "set table T key a data.gpc0 -1 data.server_id -1",
      "set table T key b data.gpc0 4294967296 data.server_id 4294967297 data.bytes_in_cnt 4294967298",
      "set table T key c data.bytes_in_cnt 1099511627776 data.http_req_rate 4294967295",
      "set table T key d data.server_id 2147483648 data.gpc0 +7",
      "show table T",
      "show table T data.gpc0 gt 4294967294",
      "show table T data.server_id lt 0",
      "show table T data.bytes_in_cnt gt 1099511627775",
    ],
  ),
  session("keys that are addresses", { ips: "type ip size 20 expire 1h store gpc0" }, [
    ...["192.0.2.10", "10.0.0.1", "192.0.2.9", "9.255.255.255", "255.255.255.255"].map(
      (ip, i) => `set table T key ${ip} data.gpc0 ${i}`,
    ),
    "show table T",
    "show table T key 192.0.2.9",
    "show table T key 192.0.2.8",
    "set table T key nonsense data.gpc0 9",
    "set table T key ::1 data.gpc0 10",
    "show table T",
    "clear table T key 10.0.0.1",
    "show table T",
  ]),
  session("keys that are odd addresses", { odd: "type ip size 20 expire 1h store gpc0" }, [
    ...[
      "1",
      "1.2",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.4x",
      "300.1.1.1",
      "1..2",
      ".1.2.3",
      "01.02.03.04",
      "1.2.3.",
      "1234.5.6.7",
    ].map((ip, i) => `set table T key ${ip} data.gpc0 ${i + 1}`),
    "show table T",
  ]),
  session("keys that are IPv6 addresses", { six: "type ipv6 size 20 expire 1h store gpc0" }, [
    ...["::1", "2001:db8::1", "2001:db8:0:0:1:0:0:1", "fe80::1", "::ffff:192.0.2.1", "ABCD::"].map(
      (ip, i) => `set table T key ${ip} data.gpc0 ${i}`,
    ),
    "show table T",
    "show table T key 2001:0db8::0001",
    "clear table T key ::1",
    "show table T",
  ]),
  session("keys that are numbers", { ints: "type integer size 20 expire 1h store gpc0" }, [
    ...[
      "0",
      "1",
      "256",
      "65536",
      "4294967295",
      "4294967296",
      "-1",
      "+5",
      "x",
      "1x",
      "0x10",
      "007",
      "99999999999999999999999",
    ].map((key, i) => `set table T key ${key} data.gpc0 ${i}`),
    "show table T",
    "show table T key 256",
    "show table T key x",
    "clear table T key 1",
    "clear table T key 1y",
    "show table T",
  ]),
  session("keys that are text", { texts: "type string len 6 size 20 expire 1h store gpc0" }, [
    ...[
      "abc",
      "abcdefgh",
      "abcdef",
      "ABC",
      "a\\ b",
      "a=b",
      "a\\\\b",
      "\xe4\xff",
      "ab",
      "abca",
      '"q"',
      "a\tb",
      "~!@",
    ].map((key, i) => `set table T key ${key} data.gpc0 ${i}`),
    "show table T",
    "show table T key abcdefzz",
    "show table T key abc",
    "clear table T key abc",
    "show table T",
  ]),
  session("keys that are bytes", { bytes: "type binary len 4 size 20 expire 1h store gpc0" }, [
    "set table T key abc data.gpc0 1",
    "show table T key abc",
    "clear table T key abc",
    "show table T",
    "show table T data.gpc0 gt 1",
    "clear table T data.gpc0 gt 1",
    "clear table T",
  ]),
  session("a full table", { full: "type string size 2 expire 1h store gpc0" }, [
    "set table T key a data.gpc0 1",
    "set table T key b data.gpc0 2",
    "set table T key a data.gpc0 3",
    "set table T key c data.gpc0 4",
    "show table T",
    "set table T key d data.gpc0 5",
    "show table T",
  ]),
  session("a full table that keeps what it has", { keeps: "type string size 2 nopurge store gpc0" }, [
    "set table T key a data.gpc0 1",
    "set table T key b data.gpc0 2",
    "set table T key c data.gpc0 3",
    "set table T key a data.gpc0 4",
    "show table T",
    "clear table T key a",
    "set table T key c data.gpc0 5",
    "show table T",
  ]),
  session("a table without data", { bare: "type string size 2" }, [
    "set table T key a",
    "set table T key b data.gpc0 1",
    "show table T",
    "show table T key a",
  ]),
  {
    name: "table: entries end",
    config: `${http()}backend ends\n    stick-table type string size 5 expire 600ms store gpc0,gpc0_rate(500ms)\n`,
    async client(talk) {
      const show = async (when: string): Promise<void> =>
        talk.note(when, masked(await talk.command("show table {@ends}")));
      await talk.command("set table {@ends} key a data.gpc0 1");
      await talk.sleep(400);
      await talk.command("set table {@ends} key b data.gpc0 2");
      await show("two");
      await talk.sleep(400);
      await show("one");
      talk.note("the other", await talk.command("show table {@ends} key a"));
      await talk.sleep(400);
      await show("none");
    },
  },
  {
    name: "table: entries in use",
    config: `${http({ frontend: "stick-table type string size 5 expire 1h store conn_cur,gpc0\n    http-request track-sc0 url_param(k)" })}`,
    servers: { s1: async (peer) => void (await peer.closed(60_000)) },
    async client(talk) {
      const command = async (text: string): Promise<void> => talk.note(text, masked(await talk.command(text)));
      const peers = [await talk.connect(), await talk.connect()];
      for (const peer of peers) peer.send(get("/?k=a"));
      await talk.sleep(150);
      await command("set table {@fe} key b data.gpc0 1");
      await command("show table {@fe}");
      await command("clear table {@fe} key a");
      await command("show table {@fe} data.conn_cur gt 0");
      await command("clear table {@fe} data.conn_cur gt 0");
      await command("clear table {@fe}");
      await command("show table {@fe} key a");
      for (const peer of peers) peer.reset();
    },
    compare: { servers: false, clientClose: "closed", logOrder: "any" },
  },
  {
    name: "table: all tables",
    config: `${http({ frontend: "stick-table type ip size 100k expire 1m" })}backend one
    stick-table type integer size 1k
backend two
    stick-table type string len 10 size 1m nopurge
listen three
    bind 127.0.0.1:{three}
    stick-table type ipv6 size 3
    server s1 127.0.0.1:{s1}
backend four
    stick-table type binary len 3 size 4
`,
    alone: true,
    async client(talk) {
      await talk.command("set table {@one} key 1");
      talk.note("tables", await talk.command("show table"));
    },
  },
];
