import { createHash } from "node:crypto";
import { crypt64, crypt64Triple } from "./base64.ts";

const ROUNDS = 1000;

function md5(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** `$1$<salt>$`: the MD5 scheme of FreeBSD's crypt(3). The salt has up to eight characters. */
export function md5Crypt(key: Buffer, setting: string): string {
  const salt = Buffer.from(/^\$1\$([^$]{0,8})/.exec(setting)![1]!, "latin1");
  const alternate = md5(key, salt, key);
  const parts: Uint8Array[] = [key, Buffer.from("$1$"), salt];
  for (let left = key.length; left > 0; left -= 16) parts.push(alternate.subarray(0, Math.min(16, left)));
  const zero = Buffer.alloc(1);
  for (let bits = key.length; bits > 0; bits >>= 1) parts.push((bits & 1) === 1 ? zero : key.subarray(0, 1));
  let sum = md5(...parts);
  for (let round = 0; round < ROUNDS; round++) {
    const step: Uint8Array[] = [(round & 1) === 1 ? key : sum];
    if (round % 3 !== 0) step.push(salt);
    if (round % 7 !== 0) step.push(key);
    step.push((round & 1) === 1 ? sum : key);
    sum = md5(...step);
  }
  let out = "";
  for (let i = 0; i < 5; i++) out += crypt64Triple(sum[i]!, sum[i + 6]!, sum[i === 4 ? 5 : i + 12]!);
  return `$1$${salt.toString("latin1")}$${out}${crypt64(sum[11]!, 2)}`;
}
