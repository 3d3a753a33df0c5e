/** nginx as a backend or as a proxy to compare with: one configuration text, one process group, nothing outside a temporary folder. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accepting } from "./ports.ts";
import type { Program } from "./program.ts";
import { startProgram, which } from "./program.ts";
import type { Scope } from "./scope.ts";

/** Null when nginx is not installed: tests that need it skip themselves. */
export const nginxPath = which("nginx");

/** `http` is the inside of the http block. Resolves when `port` accepts connections. */
export async function startNginx(
  scope: Scope,
  http: string,
  port: number,
  options: { readonly main?: string; readonly events?: string; readonly prefix?: readonly string[] } = {},
): Promise<Program> {
  if (nginxPath === null) throw new Error("nginx is not installed");
  const dir = scope.tempDir();
  mkdirSync(join(dir, "tmp"));
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(dir, "tmp", name)};`)
    .join("\n");
  const config = `
daemon off;
pid ${join(dir, "nginx.pid")};
error_log stderr error;
${options.main ?? "worker_processes 1;"}
events { ${options.events ?? "worker_connections 8192;"} }
http {
access_log off;
${paths}
${http}
}
`;
  const file = join(dir, "nginx.conf");
  writeFileSync(file, config);
  const program = startProgram(scope, [nginxPath, "-p", dir, "-c", file], {
    prefix: options.prefix ?? [],
  });
  await Promise.race([
    accepting(port),
    program.exited.then((code) => {
      throw new Error(`nginx ended with ${code}: ${program.stderr()}`);
    }),
  ]);
  return program;
}
