/**
 * Configurations that guides and articles about HAProxy show, in ../shared/seeds: all pass `tlb check`, but for what seeds/waiting.ts
 * lists; and `tlb explain` decides about the routing example as a running tlb does.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type InputOptions, readInput } from "../src/cli/explain/input.ts";
import { explain } from "../src/cli/explain/run.ts";
import { loadConfiguration } from "../src/cli/load.ts";
import { alike, Live } from "./explain/live.ts";
import { startServing } from "./e2e/tools.ts";
import { connect } from "./harness/client.ts";
import { freePort } from "./harness/ports.ts";
import { which } from "./harness/program.ts";
import { Scope } from "./harness/scope.ts";
import { haproxyPath } from "./harness/proxy.ts";
import { extract, type Snippet } from "./seeds/extract.ts";
import { supply } from "./seeds/supply.ts";
import { seedsFolder } from "./seeds/folder.ts";
import { refused, waiting } from "./seeds/waiting.ts";

const openssl = which("openssl");
const lacking = seedsFolder === null ? "folder ../shared/seeds" : openssl === null ? "openssl" : null;
if (lacking !== null) console.log(`test/seeds: skipped, there is no ${lacking}`);

const snippets: readonly Snippet[] =
  lacking !== null
    ? []
    : readdirSync(seedsFolder!)
        .sort()
        .flatMap((file) => extract(readFileSync(join(seedsFolder!, file), "latin1"), file.slice(0, 3)));

const dir = mkdtempSync(join(tmpdir(), "tlb-seeds-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A self-signed certificate with its key, in PEM. */
function certificate(): string {
  const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
  const made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=example.com -days 2".split(
    " ",
  );
  const { exitCode, stderr } = Bun.spawnSync([openssl!, ...made, "-keyout", key, "-out", cert]);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return readFileSync(cert, "latin1") + readFileSync(key, "latin1");
}

/** The configuration made of a snippet, as a file. */
function fileOf(snippet: Snippet, pem: string): string {
  const file = join(dir, `${snippet.name.replace(":", "-")}.cfg`);
  writeFileSync(file, supply(snippet, dir, pem), "latin1");
  return file;
}

/** What errors are about: what stands in quotes in their messages. */
function refusedKeywords(file: string): string[] {
  const errors = loadConfiguration([file]).findings.filter(({ severity }) => severity === "error");
  return [...new Set(errors.map(({ message }) => /'([^']+)'/.exec(message)?.[1] ?? message))].sort();
}

describe.skipIf(lacking !== null)("tlb check", () => {
  const pem = lacking === null ? certificate() : "";

  test("there are snippets, and every name in the tables is one", () => {
    expect(snippets.length).toBeGreaterThan(40);
    const names = snippets.map(({ name }) => name);
    expect(Object.keys({ ...waiting, ...refused }).filter((name) => !names.includes(name))).toEqual([]);
  });

  for (const snippet of snippets) {
    const { name, lines } = snippet;
    test(`${name} ${lines.find((line) => /^\w/.test(line))}`, () => {
      const listed = [...(waiting[name] ?? []), ...(refused[name] ?? [])].sort();
      expect(refusedKeywords(fileOf(snippet, pem))).toEqual(listed);
    });
  }

  test.skipIf(haproxyPath === null)("HAProxy 2.6 refuses what is listed as refused, and nothing else", () => {
    const bad: string[] = [];
    for (const snippet of snippets) {
      const { exitCode, stderr } = Bun.spawnSync([haproxyPath!, "-c", "-f", fileOf(snippet, pem)]);
      // 2: it is valid and listens nowhere.
      if (exitCode === 0 || exitCode === 2) continue;
      bad.push(snippet.name);
      for (const keyword of refused[snippet.name] ?? [])
        expect(stderr.toString()).toContain(`'${keyword.split(" ")[0]}`);
    }
    expect(bad).toEqual(Object.keys(refused));
  });
});

const NOTHING: InputOptions = {
  words: [],
  method: undefined,
  headers: [],
  data: undefined,
  source: undefined,
  destination: undefined,
  sni: undefined,
  variables: [],
  status: undefined,
  responseHeaders: [],
};

/** Of clients, for examples that name it. */
const TABLE = "stick-table type ip size 1m expire 10m store http_req_rate(10s),conn_cur,bytes_out_rate(60s)";

describe.skipIf(lacking !== null)("tlb explain decides as a running tlb", () => {
  const linesOf = (name: string): readonly string[] => snippets.find((one) => one.name === name)!.lines;

  /** The stick table of the first seed, whose examples break its line. */
  const rates = (): string => linesOf("000:89").join("\n").replace(/\\\n/, "");

  /** The frontend of the snippet in plain HTTP, every backend it names with one server of the backend's name. */
  function routing(name: string): string {
    const lines = linesOf(name);
    const kept = lines.map((line) => line.replace(/^bind .*/, "bind 127.0.0.1:{fe}"));
    const backends = new Set(
      [...kept.join("\n").matchAll(/^(?:use|default)_backend (\w+)/gm)].map((found) => found[1]!),
    );
    const mode = lines.includes("mode tcp") ? "mode tcp" : "mode http";
    const timeouts = ["timeout connect 2s", "timeout client 3s", "timeout server 3s"];
    const pools = [...backends].map((backend) => `backend ${backend}\n server ${backend} 127.0.0.1:{${backend}}`);
    const table = kept.some((line) => line.includes("table per_ip_rates")) ? [rates()] : [];
    return ["defaults", mode, ...timeouts, ...kept, ...pools, ...table, ""].join("\n");
  }

  test("routing, first seed", async () => {
    await using live = await Live.start(routing("000:31"));
    const to = async (path: string, ...headers: string[]): Promise<string | undefined> =>
      (await alike(live, { words: [`http://example.com${path}`], headers })).backend?.name;
    expect(await to("/api/users")).toBe("api_servers");
    expect(
      await to("/api/chat", "Upgrade: websocket", "Connection: upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    ).toBe("ws_servers");
    expect(await to("/pkg.Service/Call", "Content-Type: application/grpc+proto")).toBe("grpc_servers");
    expect(await to("/api/x", "Content-Type: application/grpc", "Upgrade: h2c")).toBe("grpc_servers");
    expect(await to("/index.html", "Content-Type: text/html")).toBe("web_servers");
    expect(await to("/apis")).toBe("web_servers");
  });

  test("TLS that passes through, first seed", async () => {
    await using live = await Live.start(routing("000:194"));
    const to = async (sni: string): Promise<string | undefined> =>
      (await alike(live, { words: ["https://x"], sni })).backend?.name;
    expect(await to("app1.example.com")).toBe("app1_servers");
    expect(await to("APP2.example.com")).toBe("app2_servers");
    expect(await to("other.example.com")).toBe("default_tls_servers");
  });

  test("the same behind TLS, as the seed has it", async () => {
    const snippet = snippets.find(({ name }) => name === "000:31")!;
    const { model, failed, lines: texts } = loadConfiguration([fileOf(snippet, certificate())]);
    expect(failed).toBe(false);
    const to = async (path: string): Promise<unknown> => {
      const found = await explain(model, readInput({ ...NOTHING, words: [`https://example.com${path}`] }), null, texts);
      return [found.frontend.name, found.frontend.tls, found.backend?.name, found.request.destination];
    };
    expect(await to("/api/users")).toEqual(["https_in", true, "api_servers", "127.0.0.1:443"]);
    expect(await to("/")).toEqual(["https_in", true, "web_servers", "127.0.0.1:443"]);
    const plain = readInput({ ...NOTHING, words: ["http://example.com:443/"] });
    expect(explain(model, plain, null, texts)).rejects.toThrow("speaks TLS there: write https://");
  });

  /** What a client gets that asks as fast as it can, on one connection. */
  async function statuses(name: string, requests: number): Promise<string[]> {
    await using scope = new Scope();
    const port = freePort();
    const { lines } = snippets.find((one) => one.name === name)!;
    const table = lines.some((line) => line.includes("stick-table")) ? [] : ["backend per_ip_rates", TABLE];
    const settings = ["defaults", "mode http", "timeout connect 2s", "timeout client 3s", "timeout server 3s"];
    const kept = lines
      .map((line) => line.trim())
      .filter((line) => !/^(?:use|default)_backend /.test(line))
      .map((line) => line.replace(/^bind .*/, `bind 127.0.0.1:${port}\ntimeout tarpit 100ms`));
    await startServing(scope, [...settings, ...kept, "http-request return status 200", ...table, ""].join("\n"));
    const client = await connect(scope, port);
    const answers: string[] = [];
    for (let i = 0; i < requests && client.closeKind === "open"; i++) {
      client.send("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
      answers.push((await client.response()).slice(9, 12));
    }
    return answers;
  }

  test("the rate limit of the second seed, in the table of its frontend", async () => {
    const answers = await statuses("001:222", 101);
    expect(answers.filter((status) => status === "200").length).toBe(100);
    expect(answers.slice(100)).toEqual(["429"]);
  });

  test("tiered rate limits, first seed: the first request, with the limits as they are and with each of them met", async () => {
    const { lines } = snippets.find((one) => one.name === "000:100")!;
    const table = snippets
      .find((one) => one.name === "000:89")!
      .lines.join("\n")
      .replace(/\\\s+/g, " ");
    const tiers = ["rate_hard", "rate_soft"];
    const decisions: string[] = [];
    for (const met of [null, ...tiers, "too_many_conns", "bandwidth_hog"]) {
      const rules = lines.map((line) =>
        line.startsWith(`acl ${met} `)
          ? line.replace(/gt \d+/, "ge 1")
          : line.replace(/^bind .*/, "bind 127.0.0.1:{fe}"),
      );
      const head = [
        "defaults",
        "mode http",
        "timeout connect 2s",
        "timeout client 3s",
        "timeout server 3s",
        "timeout tarpit 50ms",
      ];
      const pool = ["default_backend web", "backend web", "server web 127.0.0.1:{web}"];
      await using live = await Live.start([...head, table, ...rules, ...pool, ""].join("\n"));
      const found = await alike(live, { words: ["http://example.com/"] });
      decisions.push(`${met}: ${found.answer?.slice(9, 12)} ${found.backend?.name ?? "no backend"}`);
    }
    expect(decisions).toEqual([
      "null: 200 web",
      "rate_hard: 429 no backend",
      "rate_soft: 500 no backend",
      // Nothing is tracked yet when a connection comes, and no bytes went out before this request.
      "too_many_conns: 200 web",
      "bandwidth_hog: 200 web",
    ]);
  });

  const REQUEST = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";
  const rated = (rate: number): string[] => [`per_ip_rates:127.0.0.1:http_req_rate=${rate}`];
  const url = { words: ["http://example.com/"] };

  test("the rate limit beside the routing, first seed", async () => {
    await using live = await Live.start(routing("000:31"));
    expect((await alike(live, url)).backend?.name).toBe("web_servers");
    expect(new Set(await live.spend(REQUEST, 98))).toEqual(new Set([200]));
    expect((await alike(live, url, rated(99))).answer).toStartWith("HTTP/1.1 200 ");
    const over = await alike(live, url, rated(100));
    expect(over.answer).toStartWith("HTTP/1.1 429 ");
    expect(over.backend).toBeNull();
  });

  test("each tier of the rate limits, first seed", async () => {
    const text = routing("000:100").replace("\nfrontend", "\ntimeout tarpit 400ms\nfrontend");
    await using live = await Live.start(
      text.replace("bind 127.0.0.1:{fe}", "bind 127.0.0.1:{fe}\ndefault_backend app\n") +
        "backend app\n server app 127.0.0.1:{app}\n",
    );
    // Free.
    const free = await alike(live, url);
    expect([free.choice?.server, free.answer?.slice(9, 12)]).toEqual(["app", "200"]);
    expect(new Set(await live.spend(REQUEST, 48))).toEqual(new Set([200]));
    expect((await alike(live, url, rated(49))).answer).toStartWith("HTTP/1.1 200 ");
    // More than 50 in ten seconds: held back, then refused.
    const slow = await alike(live, url, rated(50));
    expect([slow.choice, slow.answer?.slice(9, 12)]).toEqual([null, "500"]);
    expect(slow.steps.some((step) => step.kind === "wait" && step.ms === 400)).toBe(true);
    expect(new Set(await live.spend(REQUEST, 148))).toEqual(new Set([500]));
    expect((await alike(live, url, rated(199))).answer).toStartWith("HTTP/1.1 500 ");
    // More than 200: refused at once.
    const hard = await alike(live, url, rated(200));
    expect([hard.choice, hard.answer?.slice(9, 12)]).toEqual([null, "429"]);
    expect(hard.steps.some((step) => step.kind === "wait")).toBe(false);
    // Nothing is tracked yet when connections are accepted, so that the last tier refuses none.
    const flood = "per_ip_rates:127.0.0.1:conn_cur=31,bytes_out_rate=20000000";
    expect((await live.explained(url, [flood])).answer).toStartWith("HTTP/1.1 200 ");
  }, 60_000);
});
