import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfCommand } from "../util/self.ts";
import { renderUsage } from "./help/usage.ts";
import { commands } from "./index.ts";

const HAPROXY = "/usr/sbin/haproxy";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "tlb-cli-"));
  const good = `defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend f
  bind 127.0.0.1:1
  default_backend b
backend b
  server s 127.0.0.1:2
`;
  const files = {
    "good.cfg": good,
    "warn.cfg": good.replace(/ +timeout.*\n/g, ""),
    "bad.cfg": good.replace("mode", "moed"),
    "quote.cfg": `${good}  foo "x\n`,
    "nothing.cfg": "global\n",
    "diag.cfg": `.diag hello\n${good}`,
    "notice.cfg": `.notice hello\n${good}`,
    "cut.cfg": good.trimEnd(),
    "many.cfg": `${good}${"    foo bar\n".repeat(60)}`,
    "outside.cfg": "foo bar\n".repeat(60),
    "hush.cfg": `global\n  quiet\n${good.replace(/ +timeout.*\n/g, "")}`,
    "hush-bad.cfg": `global\n  quiet\n${good.replace("mode", "moed")}`,
    "own.cfg": `${good}frontend g\n  bind 127.0.0.1:1\n  default_backend b\n`,
    "zero.cfg": `${good}frontend g\n  bind 127.0.0.1:1\n  default_backend b\nglobal\n  zero-warning\n  busy-polling\n`,
    "verify.cfg": good.replace("server s 127.0.0.1:2", "server s 127.0.0.1:2 ssl"),
    "required.cfg": `global\n  ssl-server-verify required\n${good.replace("server s 127.0.0.1:2", "server s 127.0.0.1:2 ssl")}`,
    "timeout.cfg": good.replace("timeout server", "timeout sever"),
    "name.cfg": good.replace("127.0.0.1:2", "nosuch.invalid:2"),
    "last.cfg": good.replace("127.0.0.1:2", "nosuch.invalid:2 init-addr last"),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  mkdirSync(join(dir, "folder"));
  mkdirSync(join(dir, "empty"));
  writeFileSync(join(dir, "folder", "one.cfg"), good);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: readonly string[], env: Record<string, string> = {}): Outcome {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
    cwd: dir,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdin: "ignore",
    timeout: 20_000,
  });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

const tlb = (...args: string[]): Outcome => run(selfCommand(args));

describe("tlb", () => {
  test("check tells every finding with its place, and fails", () => {
    const { code, stdout, stderr } = tlb("check", "-f", "bad.cfg", "-f", "quote.cfg");
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("bad.cfg:2:3: error [config/unknown-keyword]");
    expect(stderr).toContain("    2 |   moed http\n      |   ^^^^\n");
    expect(stderr).toContain("quote.cfg:11:7: error [syntax/unmatched-quote]");
  });

  test("check of a good file", () => {
    expect(tlb("check", "good.cfg")).toEqual({ code: 0, stdout: "Configuration file is valid\n", stderr: "" });
    expect(tlb("check", "-f", "good.cfg", "--json")).toEqual({ code: 0, stdout: "[]\n", stderr: "" });
  });

  test("warnings fail under --strict only", () => {
    expect(tlb("check", "warn.cfg").code).toBe(0);
    expect(tlb("check", "warn.cfg", "--strict").code).toBe(1);
  });

  test("check --json", () => {
    const { code, stdout } = tlb("check", "-f", "bad.cfg", "--json");
    expect(code).toBe(1);
    const first = (JSON.parse(stdout) as { code: string; line: number; severity: string }[])[0];
    expect(first).toMatchObject({ code: "config/unknown-keyword", line: 2, severity: "error" });
  });

  test("check reads standard input", () => {
    const { exitCode, stderr } = Bun.spawnSync(selfCommand(["check", "-f", "-"]), {
      env: { ...process.env, NO_COLOR: "1" },
      stdin: Buffer.from("global\n  nonsense\n"),
    });
    expect(exitCode).toBe(1);
    expect(stderr.toString()).toStartWith("-:2:3: error");
  });

  test("mistakes exit with 2 and a hint", () => {
    expect(tlb("chekc")).toEqual({
      code: 2,
      stdout: "",
      stderr: "error: unknown command 'chekc'; did you mean 'check'?\n",
    });
    expect(tlb("check").stderr).toContain("-f FILE");
    expect(tlb("check", "--jsno", "x").stderr).toContain("did you mean '--json'?");
    expect(tlb("toString").code).toBe(2);
    expect(tlb().code).toBe(2);
  });

  test("short options may stand in one word, with the value of the last", () => {
    expect(tlb("check", "-qf", "good.cfg")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(tlb("check", "-qfgood.cfg")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(tlb("check", "-fgood.cfg").code).toBe(0);
    expect(tlb("check", "-qf")).toMatchObject({ code: 2, stderr: "error: option '-f' needs a value\n" });
    expect(tlb("check", "-qx", "good.cfg").stderr).toStartWith("error: unknown option '-qx'");
  }, 30_000);

  test("what stands in the place of a command gets the way on", () => {
    expect(tlb("good.cfg").stderr).toBe(
      "error: unknown command 'good.cfg'; 'tlb check good.cfg' and 'tlb serve good.cfg' take files\n",
    );
    for (const option of ["-f", "-c", "-D", "-Ws"]) {
      const { code, stderr } = tlb(option, "good.cfg");
      expect(code).toBe(2);
      expect(stderr).toStartWith(`error: unknown option '${option}'; 'tlb serve -f FILE'`);
      expect(stderr).toContain("'tlb haproxy'");
    }
    expect(tlb("--vers").stderr).toContain("did you mean '--version'?");
    expect(tlb("stats", "--json", "--watch")).toMatchObject({
      code: 2,
      stderr: "error: --json and --watch exclude each other\n",
    });
  }, 30_000);

  test("every command has help with exit codes, which fits a narrow terminal", () => {
    for (const [name, command] of Object.entries(commands)) {
      const text = renderUsage(name, command, { color: false, width: 40 });
      expect(text).toMatch(/^Usage {2}tlb /m);
      expect(text).toContain("\nExit codes\n");
      expect(text).not.toMatch(/ $/m);
      // Descriptions are cut into lines; names, values and examples stay whole.
      const lines = text.split("\nExamples\n")[0]!.split("\n");
      expect(lines.filter((line) => line.length > 40 && !/^Usage| --[a-z]/.test(line))).toEqual([]);
    }
    const { stdout } = tlb("drain", "--help");
    expect(stdout).toContain("\n  -h, --help  ");
    expect(tlb("help", "drain").stdout).toBe(stdout);
  }, 30_000);

  test("files that are not there are named with the reason, in the words of the system", () => {
    const lines = [
      "bind 127.0.0.1:3 ssl crt none.pem",
      "bind 127.0.0.1:4 ssl crt good.cfg ca-file none.ca verify required",
      "bind 127.0.0.1:5 ssl crt-list none.list",
      "errorfile 503 none.http",
      "http-request return content-type text/plain file none.txt",
      "http-request set-header x %[path,map(none.map)]",
      "acl a path -f none.lst",
    ];
    writeFileSync(join(dir, "files.cfg"), `frontend f\n  mode http\n${lines.map((line) => `  ${line}\n`).join("")}`);
    const { code, stderr } = tlb("check", "files.cfg");
    expect(code).toBe(1);
    for (const name of ["none.pem", "none.ca", "none.list", "none.http", "none.txt", "none.map", "none.lst"]) {
      expect(stderr).toMatch(new RegExp(`error \\[[a-z/-]+\\]: .*${name.replace(".", "\\.")}`));
    }
    expect(stderr).not.toMatch(/E[A-Z]{4,}|\b(?:open|stat) '/);
    expect(stderr.match(/No such file or directory/g)!.length).toBeGreaterThanOrEqual(5);
  });

  test("what stands twice in several files is told with the file of the other", () => {
    const good = "frontend f\n  mode http\n  bind 127.0.0.1:1\n  http-request return status 200\n";
    writeFileSync(join(dir, "first.cfg"), `global\n  chroot /\n${good}`);
    writeFileSync(join(dir, "second.cfg"), `global\n  chroot /tmp\n\n${good}`);
    const { stderr } = tlb("check", "first.cfg", "second.cfg");
    expect(stderr).toContain(
      "second.cfg:4:10: error [config/duplicate-name]: frontend 'f' has the name of the frontend at first.cfg:3\n",
    );
    expect(stderr).toContain("127.0.0.1:1 is bound by frontend 'f' at first.cfg:5 too");
    expect(stderr).toContain("this 'chroot' is ignored: it is already set at first.cfg:2\n");
    expect(tlb("check", "first.cfg", "first.cfg").stderr).toContain("has the name of the frontend at line 3\n");
  }, 30_000);

  test("a finding without a place has the column 0 at both ends", () => {
    const { code, stdout } = tlb("check", "none.cfg", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([{ line: 0, column: 0, endColumn: 0, hint: null }]);
  });

  test("help and version", () => {
    expect(tlb("--help").stdout).toContain("tlb <command>");
    expect(tlb("help", "drain").stdout).toContain("SERVERS");
    expect(tlb("drain", "--help").stdout).toContain("SERVERS");
    expect(tlb("-v").stdout).toMatch(/^tlb \d+\.\d+\.\d+ \(\w+\)\n$/);
    expect(tlb("-vv").stdout).toContain("\nFeature list : ");
    expect(tlb("version").stdout).toContain("BoringSSL");
  });

  test("a runtime socket nobody listens on", () => {
    const { code, stderr } = tlb("stats", "-S", join(dir, "none.sock"));
    expect(code).toBe(1);
    expect(stderr).toContain("is tlb running?");
    expect(run(selfCommand(["socket", "show", "info"]), { TLB_SOCKET: join(dir, "other.sock") }).stderr).toContain(
      "other.sock",
    );
    expect(tlb("stats", "-f", "good.cfg").stderr).toContain("no 'stats socket'");
  });

  test("demo --once loses no request and leaves nothing behind", () => {
    const { code, stdout } = run(selfCommand(["demo", "--once", "--dir", join(dir, "demo")]));
    expect(stdout).toMatch(/^failed +0$/m);
    expect(stdout).toMatch(/^beta +\d+ +killed$/m);
    expect(code).toBe(0);
    expect(existsSync(join(dir, "demo", "lb.cfg"))).toBe(true);
    expect(existsSync(join(dir, "demo", "tlb.sock"))).toBe(false);
  }, 60_000);
});

/** What scripts look at: the exit code, standard output, and the labels at the start of the lines of standard error. */
function shape({ code, stdout, stderr }: Outcome): unknown {
  const labels = stderr
    .split("\n")
    .flatMap((line) => /^\[\w+\]\s+\(\d+\) : (?:config : )?(?:parsing \[[^\]]+\])?/.exec(line)?.[0] ?? []);
  return {
    code,
    stdout: stdout.startsWith("HAProxy version ") ? "version" : stdout,
    labels: labels.map((text) => text.replace(/\(\d+\)/, "()")),
  };
}

describe.skipIf(!existsSync(HAPROXY))("the haproxy role answers like HAProxy 2.6", () => {
  const same: string[][] = [
    ["-c", "-f", "good.cfg"],
    ["-c", "-V", "-f", "good.cfg"],
    ["-c", "-q", "-f", "good.cfg"],
    ["-c", "-q", "-f", "bad.cfg"],
    ["-c", "-f", "bad.cfg"],
    ["-c", "-f", "quote.cfg"],
    ["-c", "-f", "cut.cfg"],
    ["-c", "-f", "many.cfg"],
    ["-c", "-f", "outside.cfg"],
    ["-c", "-f", "timeout.cfg"],
    ["-c", "-f", "notice.cfg"],
    ["-c", "-f", "diag.cfg"],
    ["-c", "-dD", "-f", "diag.cfg"],
    ["-c", "-f", "nothing.cfg"],
    ["-db", "-f", "nothing.cfg"],
    ["-c", "-f", "nope.cfg"],
    ["-c", "-f", "nope.cfg", "-f", "nope2.cfg"],
    ["-c", "-f", "folder"],
    ["-c", "-f", "empty"],
    ["-c", "-C", "folder", "-f", "one.cfg"],
    ["-c", "-C", "nope", "-f", "one.cfg"],
    ["-c", "--", "good.cfg"],
    ["-c", "good.cfg"],
    ["-c", "-dM", "-dI", "-dr", "-dp", "-de", "-ds", "-dG", "-dS", "-dZ", "-dV", "-f", "good.cfg"],
    ["-c", "-n", "10", "-N", "5", "-m", "100", "-L", "me", "-f", "good.cfg"],
    ["-c", "-n", "-f", "good.cfg"],
    ["-c", "-W", "-f", "good.cfg"],
    ["-c", "-S", "x.sock", "-f", "good.cfg"],
    ["-c", "-Ws", "-D", "-f", "good.cfg"],
    ["-c", "-sf", "1", "2", "-f", "good.cfg"],
    ["-c", "-sf", "-f", "good.cfg"],
    ["-c", "-st", "abc", "-f", "good.cfg"],
    ["-c", "-x", "nope.sock", "-f", "good.cfg"],
    ["-c", "-p", "/nope/x.pid", "-f", "good.cfg"],
    ["-c", "-f"],
    ["-c"],
    [],
    ["-Z"],
    ["--foo"],
    ["-v"],
    ["-cc", "1"],
    ["-cc", "0"],
    ["-cc", "foo"],
    ["-cc"],
    ["-cc", 'streq("$TLB_TEST",x)'],
  ];
  for (const args of same) {
    test(args.join(" ") || "(nothing)", () => {
      const env = { TLB_TEST: "x" };
      expect(shape(run(selfCommand(["haproxy", ...args]), env))).toEqual(shape(run([HAPROXY, ...args], env)));
    });
  }

  test("warnings: same exit codes and output, with and without -dW", () => {
    for (const args of [
      ["-c", "-f", "warn.cfg"],
      ["-c", "-q", "-f", "warn.cfg"],
      ["-c", "-f", "hush.cfg"],
      ["-c", "-f", "hush-bad.cfg"],
      ["-c", "-dW", "-f", "warn.cfg"],
      // What only tlb warns of does not count.
      ["-c", "-dW", "-f", "own.cfg"],
      ["-c", "-dW", "-f", "zero.cfg"],
    ]) {
      const ours = run(selfCommand(["haproxy", ...args]));
      const theirs = run([HAPROXY, ...args]);
      expect([args, ours.code, ours.stdout]).toEqual([args, theirs.code, theirs.stdout]);
      if (/own|zero/.test(args.at(-1)!)) expect(ours.stderr).toContain("is bound by frontend 'f' at line 7 too");
      else expect(/^\[WARNING\] /m.test(ours.stderr)).toBe(/^\[WARNING\] /m.test(theirs.stderr));
    }
  }, 20_000);

  test("-dV: servers whose certificates nothing can check are taken, unless the file insists", () => {
    for (const [args, code] of [
      [["-c", "-f", "verify.cfg"], 1],
      [["-c", "-dV", "-f", "verify.cfg"], 0],
      [["-c", "-dV", "-f", "required.cfg"], 1],
    ] as const) {
      const ours = run(selfCommand(["haproxy", ...args]));
      const theirs = run([HAPROXY, ...args]);
      expect([args, ours.code, ours.stdout]).toEqual([args, theirs.code, theirs.stdout]);
      expect(ours.code).toBe(code);
    }
  }, 30_000);

  test("names that do not resolve: an error, with -dr a warning where they were looked up", () => {
    for (const args of [
      ["-c", "-f", "name.cfg"],
      ["-c", "-dr", "-f", "name.cfg"],
      ["-c", "-dr", "-f", "last.cfg"],
    ]) {
      const [ours, theirs] = [run(selfCommand(["haproxy", ...args])), run([HAPROXY, ...args])];
      const warned = ({ stderr }: Outcome): boolean => /^\[WARNING\] /m.test(stderr);
      expect([args, ours.code, ours.stdout, warned(ours)]).toEqual([args, theirs.code, theirs.stdout, warned(theirs)]);
      const words = ({ stderr }: Outcome): string | undefined =>
        /'server \S+ : could not .*?(?=[.;])/.exec(stderr)?.[0];
      expect(words(ours)).toBe(words(theirs));
    }
  }, 60_000);

  test("-vv has the feature list in the same form", () => {
    const features = (text: string): string | undefined =>
      /^Feature list : (.*)$/m.exec(text)?.[1]?.replace(/[+-]/g, "");
    expect(features(tlb("haproxy", "-vv").stdout)).toBe(features(run([HAPROXY, "-vv"]).stdout)!);
  });

  const binary = process.env["TLB_BIN"] ?? "";
  // Only a compiled binary can be called by another name; npm test sets TLB_BIN.
  test.skipIf(binary === "")("by its name", () => {
    symlinkSync(binary, join(dir, "haproxy"));
    expect(run([join(dir, "haproxy"), "-c", "-f", "good.cfg"]).stdout).toBe("Configuration file is valid\n");
  });
});

describe("the linter and the reference", () => {
  const lines = `defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend f
  bind 127.0.0.1:1
  acl spare path /a
  default_backend b
backend b
  server s 127.0.0.1:2
`;

  test("check lints, serve and -c do not; comments switch findings off", () => {
    writeFileSync(join(dir, "lint.cfg"), lines);
    const found = tlb("check", "lint.cfg");
    expect(found.code).toBe(0);
    expect(found.stderr).toStartWith("lint.cfg:8:7: warning [lint/unused-acl]");
    expect(tlb("check", "lint.cfg", "--strict").code).toBe(1);
    expect(tlb("haproxy", "-c", "-f", "lint.cfg").stderr).not.toContain("spare");
    writeFileSync(join(dir, "quiet.cfg"), lines.replace("path /a", "path /a # tlb: ignore lint/unused-acl"));
    expect(tlb("check", "quiet.cfg", "--strict")).toEqual({
      code: 0,
      stdout: "Configuration file is valid\n",
      stderr: "",
    });
  });

  test("the shape of --json stays", () => {
    writeFileSync(join(dir, "shape.cfg"), lines);
    const { stdout } = tlb("check", "shape.cfg", "--json");
    expect(JSON.parse(stdout)).toEqual([
      {
        severity: "warning",
        code: "lint/unused-acl",
        file: "shape.cfg",
        line: 8,
        column: 7,
        endColumn: 12,
        message: "no rule of this section uses the ACL 'spare'",
        hint: null,
      },
    ]);
  });

  test("notices do not fail --strict", () => {
    const open = lines.replace("127.0.0.1:1", "203.0.113.1:1").replace("acl spare path /a", "option forwardfor");
    writeFileSync(join(dir, "notice2.cfg"), open);
    const { code, stderr } = tlb("check", "notice2.cfg", "--strict");
    expect(stderr).toContain("notice [lint/forwarded-for]");
    expect(code).toBe(0);
  });

  test("help about keywords, findings and lists", () => {
    expect(tlb("help", "timeout", "client").stdout).toContain("timeout client <time>");
    expect(tlb("help", "lint/unused-acl").stdout).toContain("# tlb: ignore lint/unused-acl");
    expect(tlb("help", "algorithms").stdout).toContain("leastconn");
    expect(tlb("help").stdout).toContain("Sample fetches");
    // A command first, then what else has the name.
    const { stdout } = tlb("help", "check");
    expect(stdout.indexOf("--strict")).toBeLessThan(stdout.indexOf("(server parameter)"));
  });

  test("help about nothing: exit code 2 and a suggestion", () => {
    expect(tlb("help", "tmeout")).toEqual({
      code: 2,
      stdout: "",
      stderr: "error: there is no help about 'tmeout'; did you mean 'timeout'?\n",
    });
  });
});
