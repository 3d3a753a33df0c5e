/** Actions, and samples of the bytes that came. */
import type { Scenario } from "../../scenario.ts";
import { sends, rule, sees } from "./tools.ts";

export const actions: readonly Scenario[] = [
  rule(
    "capture",
    {
      frontend: `tcp-request inspect-delay 1s
        tcp-request content capture req.payload(0,4) len 3
        tcp-request content capture src len 20
        tcp-request content accept if { req.len ge 4 }
        log-format "c=%[capture.req.hdr(0)]/%[capture.req.hdr(1)] %hr"`,
    },
    sends("abcd", "ef\n"),
  ),
  rule(
    "set-priority-class and set-priority-offset",
    {
      frontend: `tcp-request content set-priority-class int(5)
        tcp-request content set-priority-offset int(-3)
        log-format "%[prio_class] %[prio_offset]"`,
    },
    sends("a\n"),
  ),
  rule(
    "priorities in the queue",
    {
      frontend: `tcp-request inspect-delay 1s
        tcp-request content set-priority-class req.payload(0,1),hex,hex2i if { req.len ge 1 }
        tcp-request content accept if { req.len ge 1 }`,
      servers: { s1: "maxconn 1" },
    },
    async (talk) => {
      const first = await talk.connect();
      first.send("0\n");
      await first.until("\n");
      const clients = [];
      for (const word of ["7", "3", "5"]) {
        const client = await talk.connect();
        client.send(`${word}\n`);
        clients.push(client);
        await talk.sleep(60);
      }
      first.close();
      const order: string[] = [];
      await Promise.all(
        clients.map(async (client) => {
          order.push(await client.until("\n"));
          client.close();
        }),
      );
      talk.note("order", order);
    },
  ),
  rule(
    "set-nice and conditions on all actions",
    {
      frontend: `tcp-request content set-nice 5 if { src 127.0.0.1 }
        tcp-request content set-tos 8 unless { src 127.0.0.1 }
        tcp-request content set-mark 3 if FALSE
        tcp-request content unset-var(txn.a) if TRUE`,
    },
    sends("a\n"),
  ),
];

export const samples: readonly Scenario[] = [
  sees("req.len gt 2", ["a", "bc\n"]),
  sees("req.len 2", ["a\n"]),
  sees("req.payload(0,3) -m str abc", ["ab", "c\n"]),
  sees("req.payload(1,2) -m bin 6263", ["abc\n"]),
  sees("req.payload(0,0) -m beg ab", ["abc\n"]),
  sees("payload(0,3),lower -m str abc", ["ABC\n"]),
  sees("req.payload_lv(0,1) -m str xyz", ["\x03xyz\n"]),
  sees("req.payload_lv(0,2,+1) -m str yz", ["\x00\x02-", "yz\n"]),
  sees("req.payload(0,3),hex -m str 414243", ["ABC\n"]),
  sees("req.rdp_cookie(mstshash) -m found", ["\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00Cookie: mstshash=bob\r\n\n"]),
  sees("req.rdp_cookie(mstshash) -m str bob", [
    "\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00Coo",
    "kie: mstshash=bob\r\n\n",
  ]),
  sees("req.rdp_cookie_cnt gt 0", ["\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00Cookie: msts=1.2.3\r\n\n"]),
  sees("req.ssl_hello_type 1", ["not a hello, for a good while\n"]),
  sees("req.proto_http", ["GET / HTTP/1.0\r\n\r\n"]),
  sees("req.proto_http", ["hello\n"]),
  sees("method GET", ["GET /x HTTP/1.1\r\nHost: a\r\n\r\n"]),
  sees("path /x", ["GET /x HTTP/1.1\r\n", "Host: a\r\n\r\n"]),
  sees("req.hdr(host) -m str a", ["GET /x HTTP/1.1\r\nHost: a\r\n\r\n"]),
  sees("HTTP", ["GET /x HTTP/1.1\r\nHost: a\r\n\r\n"]),
  sees("WAIT_END", ["ab\n"]),
  sees("REQ_CONTENT", ["ab\n"]),
  sees("FALSE", ["ab\n"]),
  sees("src 127.0.0.1", ["ab\n"]),
  sees("dst_conn ge 1", ["ab\n"]),
  sees("fc_http_major ge 0", ["ab\n"]),
  sees("fc_rcvd_proxy", ["ab\n"]),
  sees("fc_rtt(us) ge 0", ["ab\n"]),
  sees("var(txn.x) -m str ab", ["ab", "\n"], "tcp-request content set-var(txn.x) req.payload(0,2) if { req.len ge 2 }"),
];
