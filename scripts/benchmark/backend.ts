/** What stands behind the proxies, on the load core: nginx with small answers and files, the sink of uploads and datagrams; certificates and a map. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startNginx } from "../../test/harness/nginx.ts";
import { freePort } from "../../test/harness/ports.ts";
import { run, startProgram } from "../../test/harness/program.ts";
import type { Scope } from "../../test/harness/scope.ts";
import type { Backend } from "./fixtures/fixture.ts";

export async function startBackend(scope: Scope, pin: readonly string[]): Promise<Backend> {
  const files = scope.tempDir();
  writeFileSync(join(files, "64k"), "k".repeat(64 << 10));
  writeFileSync(join(files, "1m"), "m".repeat(1 << 20));
  writeFileSync(join(files, "json"), json(100_000));
  const http = freePort();
  const h2 = freePort();
  await startNginx(
    scope,
    `
keepalive_timeout 300s;
keepalive_requests 100000000;
http2_max_concurrent_streams 1000;
sendfile on;
tcp_nopush on;
open_file_cache max=16;
default_type text/plain;
server {
  listen 127.0.0.1:${http} backlog=4096;
  listen 127.0.0.1:${h2} http2 backlog=4096;
  root ${files};
  location / { return 200 "hello from the backend\\n"; }
  location /64k { }
  location /1m { }
  location /json { default_type application/json; }
}`,
    http,
    { main: "user root;\nworker_processes 1;", prefix: pin },
  );
  const upload = freePort();
  const syslog = freePort();
  const sink = startProgram(
    scope,
    [process.execPath, join(import.meta.dir, "sink.ts"), String(upload), String(syslog)],
    { prefix: pin },
  );
  const deadline = Date.now() + 5000;
  while (!sink.stdout().includes("ready")) {
    if (!sink.running || Date.now() > deadline) throw new Error(`the upload server did not start: ${sink.stderr()}`);
    await Bun.sleep(10);
  }
  const map = join(files, "big.map");
  writeFileSync(map, Array.from({ length: 100_000 }, (_, line) => `key-${line} value-${line}\n`).join(""));
  return {
    http,
    upload,
    h2,
    syslog,
    map,
    rsa: await certificate(files, "rsa", ["-newkey", "rsa:2048"]),
    ecdsa: await certificate(files, "ecdsa", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
  };
}

async function certificate(dir: string, name: string, kind: readonly string[]): Promise<string> {
  const [key, cert, both] = [join(dir, `${name}.key`), join(dir, `${name}.crt`), join(dir, `${name}.pem`)];
  const subject = ["-subj", "/CN=bench.example.com", "-addext", "subjectAltName=DNS:bench.example.com,IP:127.0.0.1"];
  const { code, stderr } = await run([
    ...["openssl", "req", "-x509", "-nodes", "-days", "30", "-keyout", key, "-out", cert],
    ...kind,
    ...subject,
  ]);
  if (code !== 0) throw new Error(`openssl: ${stderr}`);
  writeFileSync(both, (await Bun.file(cert).text()) + (await Bun.file(key).text()));
  return both;
}

/** An array of records of about `size` bytes, as an API would answer it: repetitive names, varying values. */
function json(size: number): string {
  let seed = 1;
  const next = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  let text = "[";
  while (text.length < size) {
    text += `${text === "[" ? "" : ","}${JSON.stringify({
      id: next(),
      name: `user-${next().toString(36)}`,
      email: `${next().toString(36)}@example.com`,
      active: next() % 2 === 0,
      score: next() / 1000,
    })}`;
  }
  return `${text}]`;
}
