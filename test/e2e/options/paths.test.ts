/** Where files and UNIX sockets are: default-path and unix-bind, as with HAProxy. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { startProgram } from "../../harness/program.ts";
import { haproxyPath, tlbCommand } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { eventually } from "../tools.ts";
import { isRoot, programs } from "./observe.ts";

const DEFAULTS = `
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
`;

const commands: readonly (readonly [string, readonly string[]])[] = [
  ["tlb", [...tlbCommand(), "haproxy", "-db"]],
  ...(haproxyPath === null ? [] : [["haproxy", [haproxyPath, "-db"]] as const]),
];

/** Files of the same names in several folders: what is served tells which was read. */
function folders(dir: string, ...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(join(dir, name, "m"), { recursive: true });
    const file = (at: string, text: string) => writeFileSync(join(dir, name, "m", at), text);
    file("map", `a ${name}\n`);
    file("acl", `${name}\n`);
    file("page.http", `HTTP/1.0 503 Down\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
    file("body", name);
  }
}

/** A frontend that tells which map, error page, ACL and body it has read; `unique` keeps names apart, by which patterns are shared. */
function frontend(name: string, port: number, unique: string): string {
  return `
frontend ${name}
    bind 127.0.0.1:${port}
    errorfile 503 ${unique}m/page.http
    http-request return status 200 content-type text/plain file ${unique}m/body if { path /body }
    http-request deny deny_status 503 if { path /page }
    http-request return status 200 content-type text/plain string yes if { path /acl } { str(config) -f ${unique}m/acl }
    http-request return status 200 content-type text/plain lf-string "%[str(a),map(${unique}./m/map)]"
`;
}

async function body(scope: Scope, port: number, path: string): Promise<string> {
  const client = await connect(scope, port);
  client.send(`GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
  const answer = await client.response();
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

describe.each(commands)("%s", (_, command) => {
  test("default-path: all four ways, over several files", async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    folders(dir, "config", "origin", ".");
    const ports = [freePort(), freePort(), freePort(), freePort(), freePort()] as const;
    const file = (name: string, text: string) => writeFileSync(join(dir, name), text);
    file("config/a.cfg", `global\n    default-path config\n${DEFAULTS}${frontend("a", ports[0], "")}`);
    // The way stays what it was; the folder is that of this file.
    file("b.cfg", frontend("b", ports[1], ".//"));
    file(
      "c.cfg",
      `global\n    default-path origin origin\n${frontend("c", ports[2], "././")}global\n    default-path current\n${frontend("d", ports[3], ".///")}`,
    );
    file("config/d.cfg", `global\n    default-path parent\n${frontend("e", ports[4], "./././")}`);
    const files = ["config/a.cfg", "b.cfg", "c.cfg", "config/d.cfg"].flatMap((name) => ["-f", name]);
    const program = startProgram(scope, [...command, ...files], { cwd: dir });
    await eventually("it serves", async () => {
      if (!program.running) throw new Error(program.stderr());
      return await body(scope, ports[4], "/").then(
        () => true,
        () => false,
      );
    });
    const read = [];
    for (const port of ports) {
      read.push([await body(scope, port, "/"), await body(scope, port, "/page"), await body(scope, port, "/body")]);
    }
    const all = (name: string) => [name, name, name];
    expect(read).toEqual([all("config"), all("."), all("origin"), all("."), all(".")]);
    expect(await body(scope, ports[0], "/acl")).toBe("yes");
    expect(await body(scope, ports[1], "/acl")).toBe(".");
  });
});

describe.each(programs)("%s", (_, start) => {
  test.skipIf(!isRoot)("unix-bind: prefix, mode and owners of bind lines, unless they say otherwise", async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    mkdirSync(`${dir}/x-`);
    await start(
      scope,
      `global
    unix-bind prefix ${dir}/x- mode 600 user nobody gid 5
${DEFAULTS}
listen web
    bind /own.sock
    bind unix@/other.sock mode 666 uid 7
`,
    );
    const found = readdirSync(`${dir}/x-`).filter((name) => name.endsWith(".sock"));
    const facts = found.sort().map((name) => {
      const { mode, uid, gid } = statSync(`${dir}/x-/${name}`);
      return [name, (mode & 0o777).toString(8), uid, gid];
    });
    expect(facts).toEqual([
      ["other.sock", "666", 7, 5],
      ["own.sock", "600", 65534, 5],
    ]);
    const client = await connect(scope, `${dir}/x-/own.sock`);
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    expect(await client.response()).toStartWith("HTTP/1.1 503 ");
  });
});
