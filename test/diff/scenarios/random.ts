/**
 * Random rule sets of valid keywords over random requests. A seed makes the same scenario every time: one that differs is found again by its
 * name. TLB_SEEDS=from-to runs others than the usual ones.
 *
 * Left out is what tlb does otherwise on purpose: blanks and line ends that formats put into a target (they are encoded here), and samples of
 * the response in the answer of `http-response deny` or `return` (HAProxy has emptied its buffer by then).
 */
import { http, silence } from "../build.ts";
import { respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";

const REQUEST =
  "path pathq query url base baseq method req.ver req.hdr(x-a) req.hdr(x-list,2) req.hdr(x-list,-1) req.fhdr(x-list) req.hdr_cnt(x-list) req.hdr_val(x-num) req.hdr_ip(x-ip) req.hdr_names req.hdr_names(|) req.cook(a) req.cook_val(b) req.cook_cnt cook(sid) urlp(k) urlp(q) urlp_val(n) url_param(k,;) urlp hdr(host) hdr_cnt(cookie) req.body req.body_len req.body_size req.body_param(k) http_auth_user http_auth_pass http_auth_type http_auth_bearer url32 base32 url_port url_ip req.hdrs http_first_req capture.req.uri capture.req.method capture.req.ver capture.req.hdr(0)";
const EITHER =
  "int(5) int(-3) str(abc) str() bool(1) bin(00ff41) always_true ipv4(10.2.3.4) ipv6(2001:db8::1) env(NOPE) var(txn.a) var(txn.b) var(sess.s) src fc_http_major meth(PUT) var(txn.a,dflt) fc_rcvd_proxy dst_conn,bool";
const RESPONSE =
  "status res.hdr(x-r) res.hdr(set-cookie) res.hdr_cnt(x-r) res.cook(sid) res.cook_val(n) res.ver res.hdr_names res.hdrs res.hdr(content-type) res.fhdr(x-r) scook(sid) shdr(server) capture.req.uri capture.req.method capture.req.hdr(0) capture.res.hdr(0) capture.res.ver method srv_name srv_id";
const TEXT =
  "lower upper url_dec url_dec(1) url_enc hex base64 b64dec ub64enc ub64dec length field(1,/) field(2,/) field(-1,.) field(1,:,2) word(1,/) word(-1,/) word(2,.) bytes(1) bytes(0,3) bytes(-2) crc32 crc32c djb2 sdbm wt6 xxh32 xxh64 sha1,hex sha2(256),hex json json(utf8ps) regsub(a,b) regsub([aeiou],<\\0>,g) ltrim(/) cut_crlf strcmp(txn.a) concat(-,txn.a,-) concat(x) host_only port_only language(fr;en) hex2i add_item(;,txn.a) add_item(;,txn.a,z) fix_is_valid map({file:m}) map_beg({file:m},none) map_sub({file:m}) map_reg({file:r},nix) map_regm({file:r}) map_dir({file:m}) map_dom({file:m}) map_end({file:m}) map_str_int({file:i},-1) json_query('$.a') mqtt_is_valid digest(sha256),hex hmac(sha1,a2V5),hex htonl,hex be2dec(.,2) be2hex(:,2) capture-req(0)";
const NUMBER = "add(3) sub(txn.n) mul(7) div(2) mod(3) neg and(6) or(1) xor(5) cpl not even odd bool hex div(0) mod(0)";
const FIELDS = [
  "X-A: abc",
  "X-A: ",
  "X-a: one, two",
  "X-B: 12",
  "X-List: a, b ,c,,d",
  'x-list: "q,r",s',
  "Cookie: a=1; b=22; sid=xyz",
  'Cookie: a="x y"',
  "cookie: ;;=; a",
  "X-Num: 42",
  "X-Num: -9,x",
  "X-Ip: 10.1.2.3",
  "X-Ip: ::1",
  "User-Agent: curl/7",
  "Accept: */*",
  "X-CaSe: MiXed",
  "Authorization: Basic am9lOnNlY3JldA==",
  "Authorization: Bearer tok",
  "X-A: \xff\xfe",
  "X-A: %41%zz",
  'X-B: {"a":"v"}',
  "X-B: YWJj",
  "Accept-Language: fr,en;q=0.5",
  "X-A: \ttab \t",
];
const TARGETS = [
  "/",
  "/a",
  "/a/b/../c",
  "/abc?k=v&n=12&q=%41%zz",
  "//x//y?k=1;q=2",
  "/%2e%2E/%7euser/x?b=2&a=1",
  "http://h.test:81/z?q",
  "*",
  "/a?k=&k=2",
  `/long${"x".repeat(300)}`,
  "/a;b;k=3?n=-7",
  "/?",
  "/a%00b?q=%00",
  `/x?${"p=1&".repeat(40)}`,
];
const ANSWERS = [
  "HTTP/1.1 200 OK\r\nX-R: one, two\r\nx-r: three\r\nSet-Cookie: sid=9; Path=/\r\nServer: zz\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok",
  "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 302 Found\r\nLocation: /n\r\nX-R:\r\nContent-Length: 0\r\nset-cookie: n=5\r\n\r\n",
];

type Phase = "request" | "response";

class Maker {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed, 2654435761) >>> 0;
    for (let i = 0; i < 5; i++) this.random();
  }

  private random(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return ((this.state ^ (this.state >>> 13)) >>> 0) / 4294967296;
  }
  below(n: number): number {
    return Math.floor(this.random() * n);
  }
  often(share: number): boolean {
    return this.random() < share;
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  word(list: string): string {
    return this.of(list.split(" "));
  }
  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  expression(phase: Phase): string {
    const fetch = this.word(this.often(0.3) ? EITHER : phase === "request" ? REQUEST : RESPONSE);
    // A number becomes a text, and a text that is none no sample: everything fits behind `length`.
    return [
      fetch,
      ...this.some(2, () => this.word(TEXT)),
      ...(this.often(0.15) ? ["length", this.word(NUMBER)] : []),
    ].join(",");
  }

  format(phase: Phase): string {
    const parts = Array.from({ length: 1 + this.below(3) }, () =>
      this.often(0.6)
        ? `%[${this.expression(phase)}]`
        : this.often(0.4)
          ? `${this.word("%ci %HM %HP %HQ %HU %HV %r %ST %{+Q}HP %{+E}HU %% %HPO")}-`
          : this.word("abc - /x a=b"),
    );
    return quoted(parts.join(""));
  }

  /** For targets: without blanks. */
  plainFormat(): string {
    const parts = this.some(2, () =>
      this.often(0.6)
        ? `%[${this.word("path pathq url urlp(k) req.cook(b) req.hdr(x-num) base32 req.hdr_cnt(x-list) http_auth_user")},${this.word("lower url_enc hex length field(1,/) bytes(1)")}]`
        : this.word("abc - /x a=b"),
    );
    return quoted(`/${parts.join("")}`);
  }

  private match(): string {
    const method = this.word("found str beg sub reg len end dir dom bin");
    const patterns: Readonly<Record<string, readonly string[]>> = {
      found: [""],
      str: ["abc", "/a", "GET", "1", "-i ABC"],
      beg: ["/", "a", "x 1"],
      sub: ["a", "/", "1 2"],
      reg: ["^/a", "[0-9]+", "-i X"],
      len: ["3", "lt 5", "2:8"],
      end: ["a", "/", "0"],
      dir: ["a", "b"],
      dom: ["a", "test"],
      bin: ["6162"],
    };
    return `-m ${method} ${this.of(patterns[method]!)}`;
  }

  condition(phase: Phase): string {
    if (this.often(0.35)) return "";
    const term = (): string => {
      const not = this.often(0.3) ? "!" : "";
      if (this.often(0.8)) return `${not}{ ${quoted(this.expression(phase))} ${this.match()} }`;
      const names = "TRUE FALSE LOCALHOST here";
      return (
        not +
        this.word(
          phase === "request"
            ? `${names} METH_GET METH_POST HTTP_1.1 HTTP_1.0 HTTP_URL_SLASH HTTP_URL_STAR HTTP_CONTENT`
            : names,
        )
      );
    };
    let text = term();
    for (const more of this.some(2, term)) text += this.of([" ", " or ", " || "]) + more;
    return ` ${this.of(["if", "if", "unless"])} ${text}`;
  }

  private field(): string {
    return this.word("x-a x-b x-list cookie x-num x-ip user-agent x-none accept X-CaSe");
  }

  private common(phase: Phase): string {
    const variable = this.word(
      phase === "request" ? "txn.a txn.b sess.s txn.n req.c" : "txn.a txn.b sess.s txn.n res.r",
    );
    const regex = this.word("(.*) a ([^,]*),(.*) ^(.).*$");
    switch (this.below(12)) {
      case 0:
      case 1:
        return `set-header ${this.field()} ${this.format(phase)}`;
      case 2:
        return `add-header ${this.field()} ${this.format(phase)}`;
      case 3:
        return this.of([
          `del-header ${this.field()}`,
          "del-header x- -m beg",
          "del-header -b -m end",
          "del-header A -m sub",
          "del-header ^x -m reg",
        ]);
      case 4:
        return `replace-header ${this.field()} ${regex} ${this.word("<\\1> %[src] \\1-\\2 z")}`;
      case 5:
        return `replace-value ${this.field()} ${regex} ${this.word("<\\1> \\2%[str(q)] z")}`;
      case 6:
      case 7:
        return `set-var(${variable}) ${quoted(this.expression(phase))}`;
      case 8:
        return `set-var-fmt(${variable}) ${this.format(phase)}`;
      case 9:
        return `unset-var(${variable})`;
      case 10:
        return `set-var(${variable},${this.word("ifnotexists ifexists,ifempty")}) ${quoted(this.expression(phase))}`;
      default:
        return phase === "request"
          ? `capture ${quoted(this.expression(phase))} len ${this.word("3 20")}`
          : `set-log-level ${this.word("err info")}`;
    }
  }

  requestRule(frontend: boolean): string {
    const rule = ((): string => {
      switch (this.below(14)) {
        case 0:
          return this.of([
            "deny",
            `deny deny_status ${this.word("400 404 429 503")}`,
            `deny status 418 content-type text/plain lf-string ${this.format("request")} hdr x-z ${this.format("request")}`,
            `return status ${this.word("200 404 503")} content-type text/plain lf-string ${this.format("request")}`,
            `redirect location ${this.format("request")}`,
            `redirect ${this.word("prefix scheme")} ${this.plainFormat()} code ${this.word("301 303 308")}`,
            "allow",
          ]);
        case 1:
          return `${this.word("set-path set-pathq set-query set-uri")} ${this.plainFormat()}`;
        case 2:
          return `replace-path ${this.word("(.*) /a ^/([^/]*)/?(.*)$")} ${this.word("/n\\1 /z%[src] /\\2/\\1")}`;
        case 3:
          return `replace-pathq ${this.word("([^?]*)(\\?(.*))? /a")} ${this.word("/p\\1\\2 /z")}`;
        case 4:
          return `set-method ${this.word("PUT GET %[method] X%[path,length]")}`;
        case 5:
          return this.of([
            `early-hint link ${this.format("request")}`,
            "set-nice 5",
            "set-src ipv4(1.2.3.4)",
            "set-priority-class int(3)",
          ]);
        default:
          return this.common("request");
      }
    })();
    // Slots are made by frontends.
    return `http-request ${!frontend && rule.startsWith("capture") ? "set-nice 1" : rule}${this.condition("request")}`;
  }

  responseRule(): string {
    const rule = this.of(["set-status 299 reason Hm", "set-status 404", "deny", "redirect location /r", "allow"]);
    return `http-response ${this.often(0.2) ? rule : this.common("response")}${this.condition("response")}`;
  }

  afterRule(): string {
    const rule = this.often(0.2)
      ? `set-status ${this.word("201 404")}`
      : this.common("response").replace(/^set-log-level.*/, "allow");
    return `http-after-response ${rule}${this.condition("response")}`;
  }

  request(): string {
    const method = this.word("GET GET GET POST HEAD PUT OPTIONS DELETE BREW");
    const target = this.of(TARGETS);
    const fields = this.some(5, () => this.of(FIELDS));
    const old = this.often(0.1);
    fields.unshift(
      `Host: ${target.startsWith("http") ? "h.test:81" : this.word("example.test EXAMPLE.test:8080 10.0.0.1")}`,
    );
    let body = "";
    if (method === "POST" || method === "PUT") {
      body = this.of(["", "k=v&x=1", '{"a":"zz"}', "k=%41"]);
      if (this.often(0.3) && !old) {
        fields.push("Transfer-Encoding: chunked");
        body = `${body === "" ? "" : `${body.length.toString(16).toUpperCase()}\r\n${body}\r\n`}0\r\n\r\n`;
      } else fields.push(`Content-Length: ${body.length}`);
    }
    return `${method} ${target} HTTP/1.${old ? 0 : 1}\r\n${fields.join("\r\n")}\r\n\r\n${body}`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function scenario(seed: number): Scenario {
  const make = new Maker(seed);
  const acl = "acl here src 127.0.0.0/8";
  const frontend = [
    acl,
    "declare capture response len 10",
    "declare capture request len 12",
    "capture request header x-b len 5",
  ];
  const backend = [acl];
  frontend.push(make.requestRule(true), ...make.some(4, () => make.requestRule(true)));
  backend.push(...make.some(2, () => make.requestRule(false)));
  for (const rule of make.some(3, () => make.responseRule())) (make.often(0.5) ? frontend : backend).push(rule);
  for (const rule of make.some(2, () => make.afterRule())) (make.often(0.5) ? frontend : backend).push(rule);
  if (make.often(0.3)) frontend.push("option http-buffer-request");
  frontend.push('log-format "%HM %HU %ST %hr %hs %[var(txn.a),hex] %[var(txn.b),hex] %B %ts %{+Q}r %HP"');
  const requests = Array.from({ length: 3 }, () => make.request());
  const answer = make.of(ANSWERS);
  return {
    name: `random rules, seed ${seed}`,
    config: http({ frontend: frontend.join("\n"), backend: backend.join("\n") }),
    files: {
      m: "abc one\n/a two\nexample.test three\nGET four\n1 five\n",
      i: "abc 7\n1 8\n",
      r: "^/a(.) r\\1\n[0-9]+ num\n",
    },
    servers: { s1: respond(() => answer) },
    async client(talk) {
      for (const text of requests) {
        const client = await talk.connect();
        client.send(text);
        await silence(client, 150);
      }
    },
  };
}

const [from = 1, to = 60] = (process.env["TLB_SEEDS"] ?? "1-60").split("-").map(Number);

export const random: readonly Scenario[] = Array.from({ length: to - from + 1 }, (_, i) => scenario(from + i));
