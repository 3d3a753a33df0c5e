/** What the comparison with HAProxy cannot show: state of proxies, occurrences one by one, variables, garbage. */
import { describe, expect, test } from "bun:test";
import { makeBackend, setLive, setServer } from "../../balance/fixture.helper.ts";
import { L, LIVE_WIDTH } from "../../counters/shared.ts";
import type { Frontend } from "../../proxy/frontend.ts";
import { hello } from "../hello.helper.ts";
import { compileText, PlainContext, plainCompileContext } from "../testing.helper.ts";
import { fetches } from "./index.ts";

function value(text: string, ctx: PlainContext, cc = plainCompileContext()): unknown {
  const { expression, diagnostics } = compileText(text, {}, cc);
  if (expression === null) throw new Error(diagnostics.list[0]!.message);
  return expression.eval(ctx);
}

describe("state of proxies", () => {
  const servers = [
    { maxconn: 10, maxqueue: 5, weight: 3 },
    { maxconn: 20, maxqueue: 5 },
    { backup: true, maxconn: 1, maxqueue: 1 },
  ];
  const backend = makeBackend({ servers, algorithm: { kind: "roundrobin" } as never });
  setLive(backend.servers[0]!, 4);
  const cc = plainCompileContext({
    backend,
    findBackend: (name) => (name === "b" ? backend : null),
    findServer: (name, server) =>
      name === null || name === "b" ? (backend.servers.find((s) => s.name === server) ?? null) : null,
  });
  Atomics.store(backend.shared.live, backend.slot * LIVE_WIDTH + L.queued, 3);
  const ctx = new PlainContext();

  test.each([
    ["nbsrv", 2],
    ["nbsrv(b)", 2],
    ["queue(b)", 3],
    ["avg_queue(b)", 2],
    ["connslots(b)", 6 + 5 + 20 + 5 + 1 + 1],
    ["be_conn_free(b)", 26],
    ["srv_conn(b/s1)", 4],
    ["srv_conn_free(b/s1)", 6],
    ["srv_conn_free(s2)", 20],
    ["srv_queue(b/s1)", 0],
    ["srv_is_up(b/s1)", true],
    ["srv_weight(b/s1)", 3],
    ["srv_uweight(b/s1)", 3],
    ["srv_iweight(b/s1)", 3],
    ["srv_sess_rate(b/s1)", 0],
    ["be_sess_rate(b)", 0],
  ])("%s is %p", (text, expected) => {
    expect(value(text, ctx, cc)).toBe(expected);
  });

  test("changes are seen at the next evaluation", () => {
    setServer(backend.servers[0]!, { admin: 1 });
    setServer(backend.servers[1]!, { admin: 1 });
    expect(value("nbsrv(b)", ctx, cc)).toBe(1);
    expect(value("srv_is_up(b/s1)", ctx, cc)).toBe(false);
    expect(value("be_conn_free(b)", ctx, cc)).toBe(1);
    setServer(backend.servers[2]!, { admin: 1 });
    expect(value("nbsrv(b)", ctx, cc)).toBe(0);
    expect(value("avg_queue(b)", ctx, cc)).toBe(6);
  });

  test("names are checked", () => {
    for (const text of ["nbsrv(x)", "srv_conn", "srv_conn(x/s1)", "srv_conn(b/x)", "fe_conn", "fe_conn(x)"]) {
      expect(compileText(text, {}, cc).diagnostics.list.map((d) => d.code)).toEqual(["expr/bad-argument"]);
    }
  });
});

describe("facts of the stream", () => {
  const ctx = new PlainContext();
  ctx.frontend = {
    name: "www",
    model: { id: 2, name: "www", defaultBackend: "app", timeouts: { client: 100, server: 200, tunnel: 300 } },
  } as unknown as Frontend;
  ctx.client = {
    httpMajor: 1,
    proxyHeader: true,
    proxyAuthority: "auth",
    proxyUniqueId: "id",
    proxyTlv: (type) => (type === 0xea ? "own" : null),
    error: 0,
    errorText: "Success",
    tcpInfo: () => ({ rtt: 1500, rttvar: 700, unacked: 1, sacked: 2, lost: 3, retrans: 4, fackets: 5, reordering: 6 }),
  };
  ctx.serverSide = {
    source: Uint8Array.of(10, 0, 0, 1),
    sourcePort: 5,
    destination: Uint8Array.of(10, 0, 0, 2),
    destinationPort: 6,
    httpMajor: 1,
    error: 30,
    errorText: "Connection refused",
  };
  Object.assign(ctx, {
    uniqueId: "abc",
    requestCaptures: ["one", null],
    responseCaptures: ["two"],
    receivedRequestLine: "GET /x HTTP/1.1",
    requestVersion: 11,
    responseVersion: 10,
    statusCode: 204,
    requestMethod: "GET",
    serverTimeout: 7,
    tunnelTimeout: 8,
    priorityClass: -1,
    priorityOffset: 9,
    lastRule: { file: "lb.cfg", line: 12 },
    tIdle: 1,
    tRequest: 2,
    tQueue: 3,
    tConnect: 4,
    tResponse: 5,
    tData: 6,
    tActive: 20,
    tTotal: 21,
  });

  test.each([
    ["fe_id", 2],
    ["fe_defbe", "app"],
    ["fe_client_timeout", 100],
    ["be_id", 2],
    ["be_name", "www"],
    ["be_server_timeout", 200],
    ["be_tunnel_timeout", 300],
    ["cur_server_timeout", 7],
    ["cur_tunnel_timeout", 8],
    ["srv_id", null],
    ["srv_name", null],
    ["fc_http_major", 1],
    ["fc_rcvd_proxy", true],
    ["fc_pp_authority", "auth"],
    ["fc_pp_unique_id", "id"],
    ["fc_err", 0],
    ["fc_err_str", "Success"],
    ["fc_rtt", 1],
    ["fc_rtt(us)", 1500],
    ["fc_rttvar(ms)", 0],
    ["fc_unacked", 1],
    ["fc_sacked", 2],
    ["fc_lost", 3],
    ["fc_retrans", 4],
    ["fc_fackets", 5],
    ["fc_reordering", 6],
    ["src_port", 40000],
    ["dst_port", 80],
    ["fc_src_port", 40001],
    ["fc_dst_port", 81],
    ["fc_src_is_local", false],
    ["bc_src_port", 5],
    ["bc_dst_port", 6],
    ["bc_http_major", 1],
    ["bc_err", 30],
    ["bc_err_str", "Connection refused"],
    ["unique-id", "abc"],
    ["capture.req.hdr(0)", "one"],
    ["capture.req.hdr(1)", null],
    ["capture.req.hdr(7)", null],
    ["capture.res.hdr(0)", "two"],
    ["capture.req.method", "GET"],
    ["capture.req.uri", "/x"],
    ["capture.req.ver", "HTTP/1.1"],
    ["capture.res.ver", "HTTP/1.0"],
    ["status", 204],
    ["prio_class", -1],
    ["prio_offset", 9],
    ["last_rule_file", "lb.cfg"],
    ["last_rule_line", 12],
    ["thread", 0],
    ["hostname", "box"],
    ["req.timer.idle", 1],
    ["req.timer.hdr", 2],
    ["req.timer.tq", 3],
    ["req.timer.queue", 3],
    ["bc.timer.connect", 4],
    ["res.timer.hdr", 5],
    ["res.timer.data", 6],
    ["txn.timer.total", 20],
    ["txn.timer.user", 20],
    ["fc.timer.total", 21],
    ["date", 1_700_000_000],
    ["date(-1)", 1_699_999_999],
    ["date(1,ms)", 1_700_000_000_124],
  ])("%s is %p", (text, expected) => {
    expect(value(text, ctx)).toBe(expected as never);
  });

  test("addresses are bytes", () => {
    expect(value("fc_src", ctx)).toEqual(Uint8Array.of(192, 0, 2, 3));
    expect(value("fc_dst", ctx)).toEqual(Uint8Array.of(192, 0, 2, 4));
    expect(value("bc_src", ctx)).toEqual(Uint8Array.of(10, 0, 0, 1));
    expect(value("bc_dst", ctx)).toEqual(Uint8Array.of(10, 0, 0, 2));
  });

  test("random values stay in their range", () => {
    for (let i = 0; i < 50; i++) expect(value("rand(3)", ctx) as number).toBeWithin(0, 3);
    expect(value("uuid", ctx)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(value("date_us", ctx) as number).toBeWithin(0, 1_000_000);
  });
});

test("ACLs see every occurrence, until one matches", () => {
  const head = "GET /?a=1&a=2&b=3 HTTP/1.1\r\nhost: h\r\nx: 1,2\r\nx: 3\r\ncookie: c=1; c=2\r\nip: bad,1.2.3.4\r\n\r\n";
  const ctx = new PlainContext().request(head);
  const seen = (text: string, stop?: unknown): unknown[] => {
    const list: unknown[] = [];
    const some = compileText(text).expression!.some((v) => {
      list.push(v);
      return v === stop;
    });
    expect(some(ctx)).toBe(stop !== undefined);
    return list;
  };
  expect(seen("hdr(x)")).toEqual(["1", "2", "3"]);
  expect(seen("hdr(x)", "2")).toEqual(["1", "2"]);
  expect(seen("hdr(x,-1)")).toEqual(["3"]);
  expect(seen("req.fhdr(x)")).toEqual(["1,2", "3"]);
  expect(seen("hdr_val(x)")).toEqual([1, 2, 3]);
  expect(seen("hdr_ip(ip)")).toEqual([Uint8Array.of(1, 2, 3, 4)]);
  expect(seen("cook(c)")).toEqual(["1", "2"]);
  expect(seen("urlp(a)")).toEqual(["1", "2"]);
  expect(seen("urlp")).toEqual(["1", "2", "3"]);
  expect(seen("path")).toEqual(["/"]);
});

test("the case flag of parameters", () => {
  const ctx = new PlainContext().request("POST /?iD=1 HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nId=2");
  expect(value("urlp(ID)", ctx)).toBeNull();
  expect(value("urlp(ID,,i)", ctx)).toBe("1");
  expect(value("req.body_param(ID,i)", ctx)).toBe("2");
});

test("the body of a response: what is held of it, and what it announced", () => {
  const ctx = new PlainContext().response("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfine");
  const options = { phase: "response" } as const;
  const seen = ["res.body", "res.body_len", "res.body_size"].map((text) =>
    compileText(text, options).expression!.eval(ctx),
  );
  expect(seen).toEqual(["fine", 4, 9]);
});

test("missing bytes are waited for, unless no more will come", () => {
  const ctx = new PlainContext();
  ctx.mode = "tcp";
  const open = (text: string, bytes: string, final = false): boolean => {
    ctx.rawIn = Buffer.from(bytes, "latin1");
    ctx.final = final;
    ctx.mayChange = false;
    value(text, ctx);
    return ctx.mayChange;
  };
  const whole = hello({ name: "a.example", alpn: [], groups: false, ticket: -1 });
  for (let n = 0; n < whole.length - 4; n++) expect(open("req.ssl_sni", whole.slice(0, n))).toBe(true);
  expect(open("req.ssl_sni", whole)).toBe(false);
  expect(open("req.ssl_sni", whole.slice(0, 20), true)).toBe(false);
  expect(open("req.ssl_sni", "GET / HTTP/1.1")).toBe(false);
  expect(open("req.payload(0,9)", "12345")).toBe(true);
  expect(open("req.rdp_cookie_cnt", "12345")).toBe(true);
  expect(open("wait_end", "")).toBe(true);
  expect(open("wait_end", "", true)).toBe(false);
});

/** Deterministic, so that a failure can be repeated. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 0x100000000) * limit);
  };
}

test("no fetch throws, whatever the bytes", () => {
  const random = generator(7);
  const byte = (): string => String.fromCharCode(random(256));
  const noise = (n: number): string => Array.from({ length: n }, byte).join("");
  const alphabet = 'ab=;,&?"\\ $/:%[]\0\xff\t1.';
  const structured = (n: number): string =>
    Array.from({ length: n }, () => alphabet[random(alphabet.length)]!).join("");
  const clean = (text: string): string => text.replaceAll(/[\0\r\n]/g, "x");
  const texts = [...fetches.values()]
    .filter((row) =>
      row.args.every((arg) => !["backend", "frontend", "server", "userlist", "ipv4", "ipv6"].includes(arg.type)),
    )
    .flatMap((row) => {
      if (row.args.length === 0) return [row.name];
      if (row.args[0]!.type === "variable") return [`${row.name}(txn.x)`];
      return [
        row.name,
        `${row.name}(a)`,
        `${row.name}(a,1)`,
        `${row.name}(1,1)`,
        `${row.name}(1,1,+1)`,
        `${row.name}(DIST)`,
      ];
    });
  const expressions = texts.map((text) => compileText(text).expression).filter((one) => one !== null);
  expect(expressions.length).toBeGreaterThan(150);
  const big = "v=1,".repeat(250_000);
  for (let round = 0; round < 120; round++) {
    const ctx = new PlainContext();
    const part = round === 0 ? big : clean(structured(random(60)));
    const target = `/${structured(random(30)).replaceAll(/[^a-z=&?;,./%1]/g, "x")}`;
    ctx.request(
      `GET ${target} HTTP/1.1\r\nhost: h\r\na: ${part}\r\na:${clean(noise(20))}\r\ncookie: ${part}\r\nauthorization: ${part}\r\n\r\n`,
    );
    ctx.response(`HTTP/1.1 200 OK\r\nset-cookie: ${part}\r\na: ${part}\r\n\r\n`);
    ctx.reqEdits.append(Buffer.from(noise(random(30)), "latin1"));
    ctx.reqEdits.replace(1, Buffer.from(noise(random(30)), "latin1"));
    ctx.requestBody = Buffer.from(noise(50), "latin1");
    ctx.rawIn = Buffer.from(
      round % 2 === 0 ? noise(80) : mutate(hello({ name: "x.y", alpn: ["h2"], groups: true, ticket: 1 })),
      "latin1",
    );
    ctx.rawOut = Buffer.from(noise(10), "latin1");
    for (const expression of expressions) {
      expression.eval(ctx);
      expression.some(() => false)(ctx);
    }
  }

  function mutate(text: string): string {
    const at = random(text.length);
    return text.slice(0, at) + byte() + text.slice(at + 1, random(4) === 0 ? at + random(40) : undefined);
  }
});
