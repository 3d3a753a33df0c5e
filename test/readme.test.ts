/** README.md holds what it says: every configuration passes `tlb check`, every link leads somewhere, every command and option exists. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findTopics } from "../src/cli/help/index.ts";
import { commands } from "../src/cli/index.ts";
import { loadConfiguration } from "../src/cli/load.ts";
import { codes } from "../src/config/tools/codes/index.ts";
import { issue } from "../src/net/tls/certificates.helper.ts";
import { renderText } from "../src/lang/render.ts";
import { selfCommand } from "../src/util/self.ts";
import { Scope } from "./harness/scope.ts";

const root = join(import.meta.dir, "..");
const text = readFileSync(join(root, "README.md"), "utf8");

interface Block {
  readonly line: number;
  readonly language: string;
  readonly body: string;
}

/** Fenced blocks, with the line they begin on. */
function blocksOf(markdown: string): Block[] {
  const found: Block[] = [];
  let open: { line: number; language: string; body: string[] } | null = null;
  for (const [index, line] of markdown.split("\n").entries()) {
    const fence = /^```(\w*)$/.exec(line);
    if (fence === null) open?.body.push(line);
    else if (open === null) open = { line: index + 1, language: fence[1]!, body: [] };
    else {
      found.push({ ...open, body: `${open.body.join("\n")}\n` });
      open = null;
    }
  }
  if (open !== null) throw new Error(`README.md:${open.line}: a block is not closed`);
  return found;
}

const blocks = blocksOf(text);
const configurations = blocks.filter(({ language }) => language === "haproxy");
const prose = text.replace(/^```[^]*?^```$/gm, "");

const scope = new Scope("file");
let dir = "";
const before = process.cwd();

/** The files the blocks name, so that they can be checked as they stand. */
beforeAll(async () => {
  dir = scope.tempDir();
  const { pem, cert } = await issue({ subject: "CN=app.example.com", names: ["app.example.com"], ca: true });
  mkdirSync(join(dir, "certs"));
  mkdirSync(join(dir, "maps"));
  writeFileSync(join(dir, "certs/site.pem"), pem);
  writeFileSync(join(dir, "certs/ca.pem"), cert + pem.slice(cert.length));
  writeFileSync(join(dir, "maps/sni.map"), "example.com shop\n");
  writeFileSync(join(dir, "maps/hosts.map"), "app.example.com app\n");
  writeFileSync(join(dir, "maps/keys.map"), "1234 gold\n");
  process.chdir(dir);
});

afterAll(async () => {
  process.chdir(before);
  await scope.close();
});

/** Sections of a configuration: each line that is not indented begins one. */
function section(config: string, head: string): string {
  const at = config.split("\n").findIndex((line) => line === head);
  if (at < 0) throw new Error(`the first configuration of README.md has no '${head}'`);
  const lines = config.split("\n").slice(at);
  const end = lines.findIndex((line, index) => index > 0 && /^\S/.test(line));
  return lines.slice(0, end < 0 ? undefined : end).join("\n");
}

/** A block as it would stand in a file: after the `defaults` of the first configuration, with its backend where it has none. */
function complete(body: string): string {
  const first = configurations[0]!.body;
  if (/^defaults$/m.test(body)) return body;
  const rest = /^(frontend|listen)/m.test(body) ? "" : section(first, "frontend web");
  const app = /\bapp(?![\w.])/.test(body + rest) ? section(first, "backend app") : "";
  return [section(first, "defaults"), body, rest, app, ""].join("\n");
}

test("there are configurations, and no block is of a language this test does not know", () => {
  expect(configurations.length).toBeGreaterThan(8);
  expect(blocks.filter(({ language }) => !["", "sh", "haproxy"].includes(language))).toEqual([]);
});

for (const { line, body } of configurations) {
  test(`the configuration in line ${line} passes tlb check --strict`, () => {
    const name = join(dir, "lb.cfg");
    writeFileSync(name, complete(body));
    const { findings, failed, lines } = loadConfiguration([name], { diag: true, lint: true });
    const bad = findings.filter(({ severity }) => severity === "error" || severity === "warning");
    if (bad.length > 0) throw new Error(renderText(bad, { color: false, lines }));
    expect(failed).toBe(false);
  });
}

/** The anchor of a heading, as the forges make it. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

test("every link leads to a heading or a file", () => {
  const anchors = new Set([...prose.matchAll(/^#+ (.*)$/gm)].map((match) => `#${anchor(match[1]!)}`));
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  expect(links.length).toBeGreaterThan(15);
  const broken = links.filter((link) =>
    link.startsWith("#") ? !anchors.has(link) : !/^https?:/.test(link) && !existsSync(join(root, link)),
  );
  expect(broken).toEqual([]);
});

test("files and folders of the repository that it names are there", () => {
  const named = [...text.matchAll(/(?<![\w/.-])(?:src|test|scripts|completions)\/[\w./-]*[\w/]/g)].map(
    ([path]) => path,
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

/** Lines a user may type: those of sh blocks, those after a prompt, and code in the text. */
function typed(): string[] {
  const lines = blocks.flatMap(({ language, body }) => {
    const all = body.split("\n");
    if (language === "sh") return all;
    return all.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
  });
  return [...lines, ...[...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!)];
}

/** The text below a heading, up to the next one. */
function below(heading: string): string {
  const start = prose.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`README.md has no '${heading}'`);
  return prose.slice(start + heading.length + 2).split(/^##/m)[0]!;
}

const codeIn = (part: string): string[] => [...part.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!);

test("what it says is not there yet is not, and is known as that", () => {
  // Words about what there is instead, or of two words: neither is a keyword without support.
  const others = new Set(["do-resolve", "default", "show stat", "stats enable", "filter spoe", "add server"]);
  const names = codeIn(below("### Not there yet")).filter((name) => !others.has(name));
  expect(names.length).toBeGreaterThan(5);
  const absent = (name: string): boolean => findTopics([name]).some(({ summary }) => summary.includes("not supported"));
  expect(names.filter((name) => !absent(name))).toEqual([]);
});

test("keywords it calls without effect are", () => {
  const differences = below("## Differences from HAProxy 2.6");
  for (const name of ["allow-0rtt", "ciphersuites", "tls-ticket-keys"]) {
    expect(codeIn(differences)).toContain(name);
    const idle = findTopics([name]).filter(({ facts }) => facts.some(([title]) => title === "no effect"));
    expect(idle.map((topic) => topic.name)).not.toEqual([]);
  }
});

test("codes of findings it names exist", () => {
  const named = codeIn(prose).flatMap(
    (code) => code.match(/(?<![\w/])(?:lint|config|rule|expr|acl|tls)\/[a-z-]+/g) ?? [],
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((code) => !codes.has(code))).toEqual([]);
});

/** The lines below `$ command` in a block, up to the next prompt. */
function shownFor(command: string): string {
  const body = blocks.map((block) => block.body).find((text) => text.includes(`$ ${command}\n`));
  if (body === undefined) throw new Error(`README.md does not show '${command}'`);
  return body.split(`$ ${command}\n`)[1]!.split(/^\$ /m)[0]!;
}

/** The file the example of `tlb check` is about. */
const MISTAKES = `defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout sever 30s

frontend web
    bind :8080
    acl api path_beg /api
    use_backend api if api
    default_backend app

backend app
    server web1 127.0.0.1:8001 check
`;

/** The file the example of `tlb explain` is about. */
const EXPLAINED = `defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend www
    bind :8080
    acl is_api path_beg /v2/
    acl office src 10.0.0.0/8
    http-request deny if { path_beg /admin } !office
    http-request set-header X-Tier gold if { req.hdr(x-key) -m found }
    use_backend api if is_api
    default_backend api
backend api
    server api1 10.0.1.10:8080 weight 3
    server api2 10.0.1.11:8080 weight 1
`;

test.each([
  ["tlb check lb.cfg", MISTAKES, 1],
  ["tlb explain -f lb.cfg http://example.com:8080/v2/list -H 'X-Key: 1' --src 10.2.3.4", EXPLAINED, 0],
])("%s prints what is shown", (line, config, code) => {
  writeFileSync(join(dir, "lb.cfg"), config);
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2]!).slice(1);
  const { exitCode, stdout, stderr } = Bun.spawnSync(selfCommand(words), {
    cwd: dir,
    env: { ...process.env, NO_COLOR: "1" },
  });
  expect(stdout.toString() + stderr.toString()).toBe(shownFor(line));
  expect(exitCode).toBe(code);
});

test("every command it shows exists, with its options", () => {
  const shown = typed().flatMap((line) => {
    const match = /^tlb ([a-z]+)([^#|;&]*)/.exec(line);
    return match === null ? [] : [{ line, name: match[1]!, rest: match[2]! }];
  });
  const used = new Set(shown.map(({ name }) => name));
  expect(Object.keys(commands).filter((name) => name !== "version" && !used.has(name))).toEqual([]);
  const wrong: string[] = [];
  for (const { line, name, rest } of shown) {
    // What follows these is not of tlb's own making.
    if (name === "help" || name === "haproxy" || name === "socket") continue;
    const command = Object.entries(commands).find(([each]) => each === name)?.[1];
    const args: object = command?.args ?? {};
    const known = new Set<string>();
    for (const [long, arg] of Object.entries(args)) known.add(long).add(String(arg.alias));
    const options = [...rest.matchAll(/(?<= )--?([A-Za-z][\w-]*)/g)].map((match) => match[1]!);
    if (command === undefined || options.some((option) => !known.has(option))) wrong.push(line);
  }
  expect(wrong).toEqual([]);
});
