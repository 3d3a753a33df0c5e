/** Help for the tests of ACLs and maps: one request through the real HAProxy, and the same words through ours. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Diagnostics } from "../../lang/diagnostic.ts";
import { lexLine } from "../../lang/lexer.ts";
import type { Word } from "../../lang/line.ts";
import type { ArgType, ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { CompileContext } from "../fetch/types.ts";
import { mapConverters } from "../map/index.ts";
import { castOf } from "../cast.ts";
import type { SampleKind, Value } from "../sample.ts";
import type { AclFetch } from "./acl.ts";
import { parseCondition } from "./condition.ts";
import { parseNetwork, parseAddress } from "./patterns/network.ts";
import { PatternStore } from "./store.ts";
import { AclTable } from "./table.ts";

export const HAPROXY = "/usr/sbin/haproxy";
export const hasHaproxy = existsSync(HAPROXY);

/** A context for expressions that read nothing of it. */
export function bareContext(fields: Partial<Record<keyof SampleContext, unknown>> = {}): SampleContext {
  return { valueType: "str", mayChange: false, final: true, ...fields } as unknown as SampleContext;
}

/** The words of a line as the configuration's lexer cuts it. */
export function words(text: string): readonly Word[] {
  const diagnostics = new Diagnostics();
  const line = lexLine(text, "t.cfg", 1, { env: {}, section: "" }, diagnostics);
  if (line === null) throw new Error(`not a line: ${text} ${diagnostics.list[0]?.message ?? ""}`);
  return line.words;
}

/** Constants: str('…'), bin(hex), int(n), bool(b), ipv4(a), ipv6(a), always_true, always_false; other names come from `more`. */
export function constantFetch(more: Readonly<Record<string, AclFetch>> = {}): (text: string) => AclFetch | null {
  return (text) => {
    const known = more[text];
    if (known !== undefined) return known;
    if (text === "always_true" || text === "always_false") {
      return { type: "bool", eval: () => text === "always_true" };
    }
    const call = /^(\w+)\(([^]*)\)$/.exec(text);
    if (call === null) return null;
    const arg = call[2]!.replace(/^'([^]*)'$/, "$1");
    const [type, value] = constant(call[1]!, arg);
    return { type, eval: () => value };
  };
}

function constant(name: string, arg: string): readonly [SampleKind, Value] {
  switch (name) {
    case "int": {
      const big = BigInt(arg);
      return ["sint", Number.isSafeInteger(Number(big)) ? Number(big) : big];
    }
    case "bool":
      return ["bool", arg === "true" || arg === "1"];
    case "bin":
      return ["bin", Buffer.from(arg, "hex").toString("latin1")];
    case "ipv4":
    case "ipv6":
      return [name, parseAddress(arg)!];
    default:
      return ["str", arg];
  }
}

/** Evaluates condition texts with the constant fetches. A string is the first complaint. */
export function ours(conditions: readonly string[]): (boolean | string)[] {
  const store = new PatternStore();
  return conditions.map((text) => {
    const diagnostics = new Diagnostics();
    const env = { store, diagnostics, compileFetch: constantFetch() };
    const [keyword, ...rest] = words(`if ${text}`);
    const condition = parseCondition(keyword!, rest, new AclTable(env));
    if (condition === null) return diagnostics.list.find((d) => d.severity === "error")?.message ?? "refused";
    const ctx = bareContext();
    const quick = condition.test(ctx);
    if (quick !== (condition.evaluate(ctx) === 3)) throw new Error(`test and evaluate differ: ${text}`);
    return quick;
  });
}

/** `name(file[,default])` applied to a constant; the text HAProxy would put in a header, null without a sample. */
export function oursMap(expression: string, store: PatternStore): string | null {
  const parts = /^(.*?),(map\w*)\(([^,]*)(?:,(.*))?\)$/.exec(expression)!;
  const fetch = constantFetch()(parts[1]!)!;
  const row = mapConverters(store).find((each) => each.name === parts[2])!;
  const texts = [parts[3]!, ...(parts[4] === undefined ? [] : [parts[4]])];
  const args = texts.map((text, i) => argValue(text, row.args[i]!.type));
  const converter = row.make(args, {} as CompileContext);
  if (typeof converter !== "function") throw new Error(JSON.stringify(converter));
  const ctx = bareContext();
  const pipe = (value: Value | null, from: SampleKind, to: SampleKind): Value | null => {
    const cast = castOf(from, to);
    return value === null || cast === "=" ? value : cast(value, ctx);
  };
  const input = pipe(fetch.eval(ctx), fetch.type, row.in);
  const output = input === null ? null : converter(input, ctx);
  return pipe(output, row.out as SampleKind, "str") as string | null;
}

export function argValue(text: string, type: ArgType): ArgValue {
  const int = type === "int" ? Number(text) : 0;
  const bytes = parseNetwork(text, false) === null ? null : parseAddress(text);
  return { type, text, int, bytes, at: { file: "t.cfg", line: 1, column: 1 }, endColumn: 2 };
}

/** Sends one request through HAProxy with one rule a condition ("if" text) or expression ("=" text): header values, null when missing. */
export async function theirs(rules: readonly string[]): Promise<(string | null)[]> {
  const dir = mkdtempSync(join(tmpdir(), "tlb-acl-"));
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const port = probe.port;
  probe.stop(true);
  const lines = rules.map((rule, i) =>
    rule.startsWith("=")
      ? ` http-after-response set-header x-${i} %[${rule.slice(1)}]`
      : ` http-after-response set-header x-${i} 1 if ${rule}`,
  );
  const config = [
    "global\n tune.bufsize 1048576\n tune.http.maxhdr 32767",
    "defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s",
    `frontend f\n bind 127.0.0.1:${port}\n http-request return status 200`,
    ...lines,
    "",
  ].join("\n");
  const file = join(dir, "haproxy.cfg");
  writeFileSync(file, config, "latin1");
  const child = Bun.spawn([HAPROXY, "-db", "-f", file], { stderr: "pipe", stdout: "ignore" });
  try {
    for (let tries = 0; ; tries++) {
      try {
        const head = await request(port);
        const headers = new Map(
          head.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
        );
        return rules.map((_, i) => headers.get(`x-${i}`) ?? null);
      } catch {
        if (child.exitCode !== null || tries > 100) {
          throw new Error(`HAProxy does not answer: ${await new Response(child.stderr).text()}`);
        }
        await Bun.sleep(30);
      }
    }
  } finally {
    child.kill();
    await child.exited;
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Header lines of the answer to one request. By hand: thousands of headers are beyond HTTP clients. */
function request(port: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => void socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        data: (_, chunk) => void chunks.push(chunk),
        close: () => {
          const text = Buffer.concat(chunks).toString("latin1");
          if (text.startsWith("HTTP/1.1 200")) resolve(text.split("\r\n\r\n")[0]!.split("\r\n"));
          else reject(new Error(`unexpected answer: ${text.slice(0, 100)}`));
        },
        connectError: (_, error) => reject(error),
      },
    }).catch(reject);
  });
}
