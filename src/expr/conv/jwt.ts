/** jwt_header_query jwt_payload_query jwt_verify (RFC 7515, RFC 7518; manual, section 7.3.1). */
import { constants, createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { ConverterRow } from "../converter.ts";
import { decodeBase64Url } from "./base64.ts";
import { makeJsonQuery } from "./json-query.ts";
import { Variable } from "./operand.ts";
import { optional, required, textArg } from "./row.ts";

/** Part `n` of the token, undecoded; null when it has fewer. Without the last dot a part reaches to the end. */
function part(token: string, n: number): string | null {
  let from = 0;
  for (let i = 0; i < n; i++) {
    const dot = token.indexOf(".", from);
    if (dot < 0) return null;
    from = dot + 1;
  }
  const end = token.indexOf(".", from);
  return end < 0 ? token.slice(from) : token.slice(from, end);
}

function query(name: string, title: string, n: number): ConverterRow {
  return {
    name,
    args: [optional("json_path", "str"), optional("output_type", "str")],
    in: "bin",
    out: "any",
    help: `The ${title} of a JSON Web Token as JSON text, or a value of it by its path.`,
    make(args, { bufsize }) {
      const look = textArg(args, 0) === "" ? null : makeJsonQuery(args, bufsize);
      if (look !== null && typeof look !== "function") return look;
      return (value, ctx) => {
        const encoded = part(value as string, n);
        const decoded = encoded === null ? null : decodeBase64Url(encoded, bufsize);
        if (decoded === null) return null;
        if (look !== null) return look(decoded, ctx);
        ctx.valueType = "str";
        return decoded;
      };
    },
  };
}

const OK = 1;
const FAILED = 0;
const UNKNOWN_ALGORITHM = -1;
const UNMANAGED_ALGORITHM = -2;
const INVALID_TOKEN = -3;
const UNKNOWN_KEY = -5;

/** Names of RFC 7518, section 3.1. */
const algorithms = /^(?:(HS|RS|ES|PS)(256|384|512)|none)$/;

/** Public keys by the path of their file; only what a configuration names as a constant is ever read. */
const keys = new Map<string, KeyObject>();

/** Reads a public key (SPKI or PKCS#1). A file that is none stays unknown, as in HAProxy; the verification then gives -5. */
function loadKey(path: string): void {
  try {
    keys.set(path, createPublicKey(readFileSync(path)));
  } catch {
    // Secrets of the HMAC algorithms come along here too.
  }
}

function verifyToken(token: string, algorithm: string, key: string, limit: number): number {
  const found = algorithms.exec(algorithm);
  if (found === null) return UNKNOWN_ALGORITHM;
  const parts = token.split(".", 4);
  // A token without its last dot has an empty signature.
  if (parts.length !== 3 && parts.length !== 2) return INVALID_TOKEN;
  const encoded = parts[2] ?? "";
  if (algorithm === "none") return encoded === "" ? OK : FAILED;
  const family = found[1]!;
  const hash = `sha${found[2]!}`;
  if (encoded === "") return INVALID_TOKEN;
  const decoded = decodeBase64Url(encoded, limit);
  if (decoded === null) return INVALID_TOKEN;
  const signature = Buffer.from(decoded, "latin1");
  const signed = Buffer.from(token.slice(0, token.length - encoded.length - 1), "latin1");
  if (family === "HS") {
    const expected = createHmac(hash, Buffer.from(key, "latin1")).update(signed).digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected) ? OK : FAILED;
  }
  if (family === "PS") return UNMANAGED_ALGORITHM;
  const publicKey = keys.get(key);
  if (publicKey === undefined) return UNKNOWN_KEY;
  if (publicKey.asymmetricKeyType !== (family === "ES" ? "ec" : "rsa")) return FAILED;
  try {
    // A signature of ECDSA is the two numbers side by side (RFC 7518, section 3.4).
    const options =
      family === "ES"
        ? { key: publicKey, dsaEncoding: "ieee-p1363" as const }
        : { key: publicKey, padding: constants.RSA_PKCS1_PADDING };
    return verify(hash, signed, options, signature) ? OK : FAILED;
  } catch {
    return FAILED;
  }
}

/** An argument that is a variable's name or else a constant. */
function source(argument: ArgValue): (ctx: SampleContext) => string | null {
  const variable = Variable.parse(argument.text);
  return variable === null ? () => argument.text : (ctx) => variable.readText(ctx);
}

const jwtVerify: ConverterRow = {
  name: "jwt_verify",
  args: [required("alg", "str"), required("key", "str")],
  in: "bin",
  out: "sint",
  help: "Verifies a token's signature: 1 good, 0 bad, negative for errors. The key is a secret (HS…) or the file of a public key.",
  make(args, { bufsize }) {
    const [alg, key] = [args[0]!, args[1]!];
    const constant = Variable.parse(alg.text) === null;
    if (constant && !algorithms.test(alg.text)) return { message: `'${alg.text}' is no algorithm of RFC 7518`, arg: 0 };
    if (constant && alg.text.startsWith("PS")) return { message: "RSASSA-PSS is not supported", arg: 0 };
    if (Variable.parse(key.text) === null) loadKey(key.text);
    const readAlg = source(alg);
    const readKey = source(key);
    return (value, ctx) => {
      const algorithm = readAlg(ctx);
      const secret = readKey(ctx);
      return algorithm === null || secret === null ? null : verifyToken(value as string, algorithm, secret, bufsize);
    };
  },
};

export const jwt: readonly ConverterRow[] = [
  query("jwt_header_query", "header", 0),
  query("jwt_payload_query", "payload", 1),
  jwtVerify,
];
