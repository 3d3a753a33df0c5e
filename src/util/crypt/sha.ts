import { createHash } from "node:crypto";
import { crypt64, crypt64Triple } from "./base64.ts";

type Name = "sha256" | "sha512";

const DEFAULT_ROUNDS = 5000;
const LEAST_ROUNDS = 1000;
const MOST_ROUNDS = 999_999_999;

/** `$5$[rounds=N$]<salt>$` and `$6$…`: the SHA-2 schemes of crypt(3). The salt has up to sixteen characters. */
export function shaCrypt(key: Buffer, setting: string, name: Name): string | null {
  const parts = /^\$[56]\$(rounds=(\d{1,10})\$)?([^$]{0,16})/.exec(setting);
  if (parts === null) return null;
  const size = name === "sha256" ? 32 : 64;
  const hash = (...pieces: readonly Uint8Array[]): Buffer => {
    const one = createHash(name);
    for (const piece of pieces) one.update(piece);
    return one.digest();
  };
  const rounds =
    parts[2] === undefined ? DEFAULT_ROUNDS : Math.min(MOST_ROUNDS, Math.max(LEAST_ROUNDS, Number(parts[2])));
  const salt = Buffer.from(parts[3]!, "latin1");

  const b = hash(key, salt, key);
  const first: Uint8Array[] = [key, salt];
  for (let left = key.length; left > 0; left -= size) first.push(b.subarray(0, Math.min(size, left)));
  for (let bits = key.length; bits > 0; bits >>= 1) first.push((bits & 1) === 1 ? b : key);
  let sum = hash(...first);

  const p = stretch(hash(...new Array<Uint8Array>(key.length).fill(key)), key.length);
  const s = stretch(hash(...new Array<Uint8Array>(16 + sum[0]!).fill(salt)), salt.length);
  for (let round = 0; round < rounds; round++) {
    const odd = (round & 1) === 1;
    const step: Uint8Array[] = [odd ? p : sum];
    if (round % 3 !== 0) step.push(s);
    if (round % 7 !== 0) step.push(p);
    step.push(odd ? sum : p);
    sum = hash(...step);
  }
  const prefix = `$${name === "sha256" ? 5 : 6}$${parts[1] === undefined ? "" : `rounds=${rounds}$`}`;
  return `${prefix}${salt.toString("latin1")}$${name === "sha256" ? write256(sum) : write512(sum)}`;
}

/** `digest` over and over, cut at `length` bytes. */
function stretch(digest: Buffer, length: number): Buffer {
  const out = Buffer.alloc(length);
  for (let at = 0; at < length; at += digest.length) digest.copy(out, at);
  return out;
}

/** The order in which the bytes are written steps through the thirds of the digest. */
function write256(sum: Buffer): string {
  let out = "";
  let a = 0;
  let b = 10;
  let c = 20;
  for (let i = 0; i < 10; i++) {
    out += crypt64Triple(sum[a]!, sum[b]!, sum[c]!);
    [a, b, c] = [c + 1, a + 1, b + 1];
  }
  return out + crypt64((sum[31]! << 8) | sum[30]!, 3);
}

function write512(sum: Buffer): string {
  let out = "";
  let a = 0;
  let b = 21;
  let c = 42;
  for (let i = 0; i < 21; i++) {
    out += crypt64Triple(sum[a]!, sum[b]!, sum[c]!);
    [a, b, c] = [b + 1, c + 1, a + 1];
  }
  return out + crypt64(sum[63]!, 2);
}
