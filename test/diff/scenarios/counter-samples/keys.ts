import { get } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { ask, one, table } from "./tools.ts";

/** Keys of each type. */
const keys: readonly (readonly [type: string, key: string])[] = [
  ["string len 8", "path"],
  ["string len 30", "path"],
  ["string", "hdr(x-key)"],
  ["string len 30", "url_param(k),lower"],
  ["string len 30", "method"],
  ["string len 30", "src"],
  ["string len 30", "bool(1)"],
  ["string len 30", "path,length"],
  ["binary len 4", "path,sha1"],
  ["binary len 30", "path,sha1"],
  ["binary len 16", "base32+src"],
  ["binary len 20", "src"],
  ["binary len 8", "path,length"],
  ["binary len 30", "hdr(x-key)"],
  ["integer", "path,length"],
  ["integer", "url_param(k),length"],
  ["integer", "src"],
  ["integer", "hdr(x-number)"],
  ["integer", "int(-1)"],
  ["integer", "int(4294967297)"],
  ["ip", "src"],
  ["ip", "hdr_ip(x-address)"],
  ["ip", "hdr(x-address)"],
  ["ip", "src,ipmask(8)"],
  ["ip", "path,length"],
  ["ipv6", "src"],
  ["ipv6", "hdr_ip(x-address)"],
  ["ipv6", "hdr(x-address)"],
  ["ipv6", "src,ipmask(24,64)"],
];

export const ofKeys: readonly Scenario[] = keys.map(([type, key]) =>
  one(
    `key ${key}, table of type ${type}`,
    {
      frontend: [
        `http-request track-sc0 ${key} table {@tab}`,
        "http-request return status 200 hdr x %[sc0_http_req_cnt] hdr y %[sc0_tracked] hdr z %[table_cnt({@tab})]",
      ].join("\n    "),
      more: table(`type ${type} size 100 store http_req_cnt`),
    },
    ask(
      get("/abc?k=v", "X-Key: a", "X-Address: 10.1.2.3", "X-Number: 5"),
      get("/abcdefghijkl?k=V", "X-Key: a", "X-Address: ::ffff:10.1.2.3", "X-Number: 4294967301"),
      get("/abcdefghij?k=w", "X-Key: b", "X-Address: 2001:db8::1", "X-Number: x"),
      get("/abc?k=vv", "X-Address: nonsense", "X-Number:"),
      get("/abc", "X-Key:", "X-Address: 10.1.2.3", "X-Key: a"),
    ),
  ),
);
