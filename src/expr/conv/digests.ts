/** sha1 sha2 digest hmac aes_gcm_dec (manual, section 7.3.1). */
import { createDecipheriv } from "node:crypto";
import type { ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { ConverterRow } from "../converter.ts";
import { decodeBase64 } from "./base64.ts";
import { Variable } from "./operand.ts";
import { ofBytes, optional, required, textArg } from "./row.ts";
import { exactBytesOf, text } from "./scratch.ts";

/** Hashes `input` into `into`, which has the digest's size. */
type Sha = (input: Uint8Array, into: Uint8Array) => unknown;

/** Hashes into memory of its own: a third of the time of a new object per call. */
function sha(algorithm: Sha, size: number): (bytes: string) => string {
  const digest = new Uint8Array(size);
  return (bytes) => {
    algorithm(exactBytesOf(bytes), digest);
    return text(digest);
  };
}

const sha2Sizes: Readonly<Record<string, Sha>> = {
  224: (input, into) => Bun.SHA224.hash(input, into),
  256: (input, into) => Bun.SHA256.hash(input, into),
  384: (input, into) => Bun.SHA384.hash(input, into),
  512: (input, into) => Bun.SHA512.hash(input, into),
};

const sha2: ConverterRow = {
  name: "sha2",
  args: [optional("bits", "int")],
  in: "bin",
  out: "bin",
  help: "SHA-2 of the bytes: 224, 256 (default), 384 or 512 bits.",
  make(args) {
    const bits = String(args[0]?.int ?? 256);
    const algorithm = sha2Sizes[bits];
    if (algorithm === undefined) return { message: "expects 224, 256, 384 or 512", arg: 0 };
    const hash = sha(algorithm, Number(bits) / 8);
    return (value) => hash(value as string);
  },
};

type Algorithm = Bun.SupportedCryptoAlgorithms;

/** OpenSSL's names in lower case that differ from Bun's. */
const aliases: Readonly<Record<string, Algorithm>> = {
  "sha-1": "sha1",
  "sha2-224": "sha224",
  "sha2-256": "sha256",
  "sha2-384": "sha384",
  "sha2-512": "sha512",
  "sha2-512/224": "sha512-224",
  "sha512/224": "sha512-224",
  "sha2-512/256": "sha512-256",
  "sha512/256": "sha512-256",
  blake2b512: "blake2b512",
  rmd160: "ripemd160",
  ripemd: "ripemd160",
  "ripemd-160": "ripemd160",
};

/** Null when the platform does not have it. */
function algorithmOf(name: string): Algorithm | null {
  const lower = name.toLowerCase();
  const found = (Bun.CryptoHasher.algorithms as readonly string[]).includes(lower) ? lower : aliases[lower];
  return (found as Algorithm | undefined) ?? null;
}

const unknownAlgorithm = (name: string) => ({ message: `'${name}' is no digest algorithm known here`, arg: 0 });

const digest: ConverterRow = {
  name: "digest",
  args: [required("algorithm", "str")],
  in: "bin",
  out: "bin",
  help: "Message digest of the bytes by the name of its algorithm.",
  make(args) {
    const name = textArg(args, 0);
    const algorithm = algorithmOf(name);
    if (algorithm === null) return unknownAlgorithm(name);
    return (value) => text(Bun.CryptoHasher.hash(algorithm, exactBytesOf(value as string)) as unknown as Uint8Array);
  },
};

/** Bytes given in base64, as text or in a variable. */
type Secret = (ctx: SampleContext) => Buffer | null;

function secret(argument: ArgValue, limit: number): Secret | null {
  const variable = Variable.parse(argument.text);
  if (variable !== null) {
    return (ctx) => {
      const encoded = variable.readText(ctx);
      const decoded = encoded === null ? null : decodeBase64(encoded, limit);
      return decoded === null ? null : Buffer.from(decoded, "latin1");
    };
  }
  const decoded = decodeBase64(argument.text, limit);
  if (decoded === null) return null;
  const bytes = Buffer.from(decoded, "latin1");
  return () => bytes;
}

const noSecret = (arg: number) => ({ message: "expects base64 or the name of a variable", arg });

/** Those the platform makes no HMAC of; for the shake ones there is none. */
const withoutHmac: ReadonlySet<Algorithm> = new Set<Algorithm>(["blake2s256", "shake128", "shake256"]);

const hmac: ConverterRow = {
  name: "hmac",
  args: [required("algorithm", "str"), required("key", "str")],
  in: "bin",
  out: "bin",
  help: "Message authentication code by a digest's name and a key in base64.",
  make(args, { bufsize }) {
    const name = textArg(args, 0);
    const algorithm = algorithmOf(name);
    if (algorithm === null || withoutHmac.has(algorithm)) return unknownAlgorithm(name);
    const key = secret(args[1]!, bufsize);
    if (key === null) return noSecret(1);
    return (value, ctx) => {
      const bytes = key(ctx);
      if (bytes === null) return null;
      return text(new Bun.CryptoHasher(algorithm, bytes).update(exactBytesOf(value as string)).digest());
    };
  },
};

const TAG_SIZE = 16;

/** Plain text of `sealed` (AES-GCM, NIST SP 800-38D); null when the tag does not fit it. */
function decrypt(bits: 128 | 192 | 256, key: Buffer, nonce: Buffer, tag: Buffer, sealed: Uint8Array): string | null {
  if (key.length < bits / 8 || nonce.length === 0 || tag.length < TAG_SIZE) return null;
  try {
    const cipher = createDecipheriv(`aes-${bits}-gcm`, key.subarray(0, bits / 8), nonce);
    cipher.setAuthTag(tag.subarray(0, TAG_SIZE));
    const plain = cipher.update(sealed);
    return text(Buffer.concat([plain, cipher.final()]));
  } catch {
    return null;
  }
}

const aesGcmDec: ConverterRow = {
  name: "aes_gcm_dec",
  args: [required("bits", "int"), required("nonce", "str"), required("key", "str"), required("aead_tag", "str")],
  in: "bin",
  out: "bin",
  help: "Decrypts AES-GCM of 128, 192 or 256 bits; nonce, key and tag in base64 or in variables.",
  make(args, { bufsize }) {
    const bits = Number(args[0]!.int);
    if (bits !== 128 && bits !== 192 && bits !== 256) return { message: "expects 128, 192 or 256", arg: 0 };
    const nonce = secret(args[1]!, bufsize);
    const key = secret(args[2]!, bufsize);
    const tag = secret(args[3]!, bufsize);
    if (nonce === null) return noSecret(1);
    if (key === null) return noSecret(2);
    if (tag === null) return noSecret(3);
    return (value, ctx) => {
      const nonceBytes = nonce(ctx);
      const keyBytes = key(ctx);
      const tagBytes = tag(ctx);
      if (nonceBytes === null || keyBytes === null || tagBytes === null) return null;
      return decrypt(bits, keyBytes, nonceBytes, tagBytes, exactBytesOf(value as string));
    };
  },
};

export const digests: readonly ConverterRow[] = [
  ofBytes(
    "sha1",
    "bin",
    "SHA-1 of the bytes.",
    sha((input, into) => Bun.SHA1.hash(input, into), 20),
  ),
  sha2,
  digest,
  hmac,
  aesGcmDec,
];
