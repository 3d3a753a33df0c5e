/** Checks that speak a protocol: `option redis-check`, `smtpchk`, `ssl-hello-chk`, `pgsql-check`, `mysql-check`, `ldap-check` (manual section 4.2). */
import type { Args } from "../../lang/args.ts";
import { takeChoice } from "../../lang/values.ts";
import { DEFAULT_EXPECT, PLAIN_CONNECT } from "../check-script.ts";
import type { ProxyContext } from "../context.ts";
import type { CheckRule, ExpectRule, ScriptMatch, SendRule, TextModel } from "../model.ts";
import type { Keyword } from "./keyword.ts";
import { BACK } from "./where.ts";

type Row = Keyword<ProxyContext>;

/** The steps of one check, numbered as they are added. */
class Steps {
  readonly rules: CheckRule[] = [];
  private step = 0;

  constructor(private readonly args: Args) {}

  /** A format that stands in no file: faults of it would be told where the option is. */
  text(text: string): TextModel {
    const { at, endColumn } = this.args.keyword;
    return { text, at, endColumn };
  }

  /** `written`: it counts among the steps that reports number. */
  connect(written: boolean, linger: boolean): this {
    this.rules.push({ ...PLAIN_CONNECT, step: written ? ++this.step : 0, linger });
    return this;
  }

  send(data: SendRule["data"], hex = false): this {
    this.rules.push({ kind: "send", step: ++this.step, comment: null, data, hex });
    return this;
  }

  expect(match: ScriptMatch, more: Partial<ExpectRule>): this {
    this.rules.push({ ...DEFAULT_EXPECT, step: ++this.step, match, ...more });
    return this;
  }
}

function use(c: ProxyContext, args: Args, { rules }: Steps): void {
  c.proxy.check = { kind: "script", protocol: "own", disableOn404: false, sendState: false, rules };
  c.proxy.marks.set("check", args.keyword);
}

/** A PING of Redis' protocol (RESP, inline arrays of bulk strings), which must be answered with PONG. */
function parseRedis(c: ProxyContext, args: Args): void {
  const steps = new Steps(args);
  steps
    .connect(false, false)
    .send("*1\r\n$4\r\nPING\r\n")
    .expect(
      { kind: "string", text: "+PONG\r\n" },
      {
        errorStatus: "L7STS",
        onError: steps.text("%[res.payload(0,0),cut_crlf]"),
        onSuccess: steps.text("Redis server is ok"),
      },
    );
  use(c, args, steps);
}

/** Greeting, HELO or EHLO, QUIT (RFC 5321, section 4): replies begin with 2, and the code of the last one is reported. */
function parseSmtp(c: ProxyContext, args: Args): void {
  const verb = args.next();
  const domain = args.next();
  const known = verb !== null && domain !== null && (verb.text === "EHLO" || verb.text === "HELO");
  const hello = known ? `${verb.text} ${domain.text}` : "HELO localhost";
  const steps = new Steps(args);
  const text = steps.text("%[res.payload(4,0),ltrim(' '),cut_crlf]");
  const reply = {
    errorStatus: "L7STS",
    onError: text,
    statusCode: steps.text("res.payload(0,3)"),
  };
  steps
    .connect(true, true)
    .expect(
      { kind: "rstring", regex: "^[0-9]{3}[ \r]" },
      { minRecv: 4, errorStatus: "L7RSP", onError: steps.text("%[res.payload(0,0),cut_crlf]") },
    )
    .expect({ kind: "rstring", regex: "^2[0-9]{2}[ \r]" }, { minRecv: 4, ...reply })
    .send(`${hello}\r\n`)
    .expect({ kind: "rstring", regex: "^2[0-9]{2}[- \r]" }, reply)
    .send("QUIT\r\n")
    .expect({ kind: "rstring", regex: "^2[0-9]{2}[- \r]" }, { minRecv: 4, ...reply, onSuccess: text });
  use(c, args, steps);
}

/** Cipher suites of SSL 3.0, RFC 6101 appendix A.6, and those of RFC 3268. */
const SUITES = [0x01, 0x1b, 0x2f, 0x3a] as const;

/**
 * A ClientHello of SSL 3.0 (RFC 6101, section 5.6.1.2), whose random part begins with the time. Any record of type handshake or alert is
 * a good answer.
 */
function parseSslHello(c: ProxyContext, args: Args): void {
  const suites: string[] = [];
  for (let i = 0; i < SUITES.length; i += 2) {
    for (let suite: number = SUITES[i]!; suite <= SUITES[i + 1]!; suite++) {
      suites.push(suite.toString(16).padStart(4, "0"));
    }
  }
  const two = (n: number): string => n.toString(16).padStart(4, "0");
  const random = Buffer.from("HAPROXYSSLCHK\nHAPROXYSSLCHK\n").toString("hex");
  // Behind the time: no session, the suites, one compression method: none.
  const rest = `${random}00${two(suites.length * 2)}${suites.join("")}0100`;
  const body = 2 + 4 + rest.length / 2;
  const hello = `0100${two(body)}0300%[date(),htonl,hex]${rest}`;
  const steps = new Steps(args);
  steps
    .connect(false, false)
    .send(steps.text(`160300${two(body + 4)}${hello}`), true)
    .expect(
      { kind: "rbinary", regex: "^1[56]" },
      { minRecv: 5, okStatus: "L6OK", errorStatus: "L6RSP", timeoutStatus: "L6TOUT" },
    );
  use(c, args, steps);
}

/**
 * A StartupMessage (PostgreSQL's manual, section 55.7) of protocol 3.0 for a user: any request to authenticate is a good answer, an
 * ErrorResponse is not.
 */
function parsePgsql(c: ProxyContext, args: Args): void {
  const word = args.take("'user' and a name");
  if (word === null) return;
  if (word.text !== "user") {
    args.rest();
    return void args.error("config/bad-value", word, `'${args.label}' does not know '${word.text}'`, "user <name>");
  }
  const name = args.take("the name of a user");
  if (name === null) return;
  const body = `\x00\x03\x00\x00user\x00${name.text}\x00\x00`;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  const steps = new Steps(args);
  steps
    .connect(true, true)
    .send(length.toString("latin1") + body)
    .expect(
      { kind: "rstring", regex: "^E" },
      { negate: true, minRecv: 5, errorStatus: "L7RSP", onError: steps.text("%[res.payload(6,0)]") },
    )
    .expect(
      { kind: "rbinary", regex: "^52000000[A-Z0-9]{2}000000(?:00|02|03|04|05|06|07|09|0A)" },
      {
        minRecv: 9,
        errorStatus: "L7STS",
        onSuccess: steps.text("PostgreSQL server is ok"),
        onError: steps.text("PostgreSQL unknown error"),
      },
    );
  use(c, args, steps);
}

/** COM_QUIT, in a packet of its own. */
const MYSQL_QUIT = "\x01\x00\x00\x00\x01";

/**
 * The greeting of MySQL; with a user a HandshakeResponse without password too, of protocol 4.1 (or 3.20 with `pre-41`), which goes before
 * the greeting has come, and what the server says to it.
 */
function parseMysql(c: ProxyContext, args: Args): void {
  const steps = new Steps(args).connect(true, true);
  const word = args.next();
  if (word !== null) {
    if (word.text !== "user") {
      args.rest();
      return void args.error("config/bad-value", word, `'${args.label}' does not know '${word.text}'`, "user <name>");
    }
    const name = args.take("the name of a user");
    if (name === null) return;
    const version = args.done ? "post-41" : takeChoice(args, ["post-41", "pre-41"]);
    if (version === null) return;
    // Capabilities, the largest packet and, since 4.1, the character set and 23 bytes of nothing.
    const head = version === "pre-41" ? "\x00\x80\0\0\x01" : `\0\x82\0\0\0\x80\0\x01\x21${"\0".repeat(23)}`;
    const body = `${head}${name.text}\0\0`;
    const header = Buffer.alloc(4, 1);
    header.writeUIntLE(body.length, 0, 3);
    steps.send(header.toString("latin1") + body + MYSQL_QUIT);
  }
  steps.expect({ kind: "mysql", packet: 0 }, {});
  if (word !== null) steps.expect({ kind: "mysql", packet: 1 }, {});
  use(c, args, steps);
}

/** Bytes of the shortest BindResponse. */
const BIND_RESPONSE = 14;

/** An anonymous BindRequest of LDAPv3 (RFC 4511, section 4.2), whose answer must be success. */
function parseLdap(c: ProxyContext, args: Args): void {
  const steps = new Steps(args);
  const other = { errorStatus: "L7RSP", onError: steps.text("Not LDAPv3 protocol") };
  steps
    .connect(false, false)
    .send(Buffer.from("300c020101600702010304008000", "hex").toString("latin1"))
    .expect({ kind: "rbinary", regex: "^30" }, { minRecv: BIND_RESPONSE, ...other })
    .expect({ kind: "ldap" }, { minRecv: BIND_RESPONSE, onSuccess: steps.text("Success") });
  use(c, args, steps);
}

export const protocolChecks: readonly Row[] = [
  { name: "redis-check", where: BACK, usage: "", help: "Check servers with a PING of Redis", parse: parseRedis },
  { name: "smtpchk", where: BACK, usage: "[{HELO | EHLO} <domain>]", help: "Check servers of mail", parse: parseSmtp },
  {
    name: "ssl-hello-chk",
    where: BACK,
    usage: "",
    help: "Check servers with a hello of SSL 3.0",
    parse: parseSslHello,
  },
  { name: "pgsql-check", where: BACK, usage: "user <name>", help: "Check servers of PostgreSQL", parse: parsePgsql },
  {
    name: "mysql-check",
    where: BACK,
    usage: "[user <name> [post-41 | pre-41]]",
    help: "Check servers of MySQL",
    parse: parseMysql,
  },
  {
    name: "ldap-check",
    where: BACK,
    usage: "",
    help: "Check servers of LDAP with an anonymous bind",
    parse: parseLdap,
  },
];
