/** Certificates of every kind in a folder, and what openssl says of a connection. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issue, type Issued, revoke } from "../../../src/net/tls/certificates.helper.ts";
import { connect, type TlsWish } from "../../harness/client.ts";
import { run } from "../../harness/program.ts";
import { Scope } from "../../harness/scope.ts";
import { installed } from "../tools.ts";

export const openssl = installed("openssl");

/** The folder; "" before `makeCertificates`. */
export let dir = "";
export const made: Record<string, Issued> = {};

/** Writes a file into the folder, and returns its path. */
export function put(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

/** For `beforeAll`: makes the folder with the certificates. */
export async function makeCertificates(): Promise<void> {
  dir = mkdtempSync(join(tmpdir(), "tlb-test-"));
  // nginx reads a file in it as another user.
  chmodSync(dir, 0o755);
  const ca = await issue({ subject: "CN=Test CA", ca: true });
  made.ec = await issue({ subject: "CN=ec.test", names: ["ec.test"], by: ca });
  made.rsa = await issue({ subject: "CN=rsa.test", names: ["rsa.test"], key: "rsa", by: ca });
  made.other = await issue({ subject: "CN=other.test", names: ["other.test"], by: ca });
  made.newer = await issue({ subject: "CN=newer", names: ["ec.test"], by: ca });
  made.good = await issue({ subject: "CN=good", by: ca });
  made.revoked = await issue({ subject: "CN=revoked", by: ca });
  made.expired = await issue({ subject: "CN=expired", days: -2, by: ca });
  made.stranger = await issue({ subject: "CN=stranger" });
  for (const [name, { pem, cert, key }] of Object.entries(made)) {
    put(`${name}.pem`, pem);
    put(`${name}.crt`, cert);
    put(`${name}.key`, key);
  }
  put("ca.pem", ca.cert);
  put("crl.pem", revoke(ca, [made.revoked!]));
}

/** For `afterAll`. */
export function removeCertificates(): void {
  rmSync(dir, { recursive: true, force: true });
}

export const DEFAULTS = `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
`;

/** What openssl says of a connection; "" where the handshake failed. */
export async function client(
  port: number,
  ...args: string[]
): Promise<{
  version: string;
  cipher: string;
  group: string;
  subject: string;
  resumed: boolean;
  /** What the last alert of the server said. */
  alert: string;
  text: string;
}> {
  const words = ["-connect", `127.0.0.1:${port}`, "-ign_eof", ...args].map((word) => `'${word}'`).join(" ");
  const { stdout } = await run([
    "sh",
    "-c",
    `printf 'GET / HTTP/1.1\\r\\nHost: h\\r\\nConnection: close\\r\\n\\r\\n' | timeout 5 openssl s_client ${words} 2>&1`,
  ]);
  const [, kind = "", version = "", cipher = ""] = /(New|Reused), (TLSv[\d.]+), Cipher is (\S+)/.exec(stdout) ?? [];
  const group = /Server Temp Key: (?:ECDH, )?([\w-]+)/.exec(stdout)?.[1] ?? "";
  const subject = /subject=.*?CN ?= ?([\w.-]+)/.exec(stdout)?.[1] ?? "";
  const at = stdout.indexOf("HTTP/1.1 ");
  const body = stdout.indexOf("\r\n\r\n", at) + 4;
  const length = Number(/content-length: (\d+)/.exec(stdout)?.[1] ?? 0);
  return {
    version,
    cipher,
    group,
    subject,
    resumed: kind === "Reused",
    alert: /SSL alert number (\d+)/.exec(stdout)?.[1] ?? "",
    text: at < 0 ? "" : stdout.slice(at, body + length),
  };
}

/** Connects, asks once, and returns the session it was given. */
export async function firstSession(port: number, wish: TlsWish): Promise<Uint8Array> {
  await using scope = new Scope();
  const peer = await connect(scope, port, { tls: wish });
  peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  await peer.closed();
  if (peer.session === null) throw new Error("no session was given out");
  return peer.session;
}
