/** Certificates, CA files and revocation lists: read once, whoever names them. */
import { join } from "node:path";
import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import {
  type CertificateInfo,
  type Identity,
  orderChain,
  publicKeyOf,
  readCertificate,
} from "../../net/tls/certificate.ts";
import { contextProblem } from "../../net/tls/context.ts";
import { type PemBlock, type PemFile, readPem } from "../../net/tls/pem.ts";
import type { ParseEnv } from "../env.ts";
import type { CertificateModel, CrtListLineModel, TlsStoreModel } from "../model.ts";
import { describeValidity } from "./validity.ts";
import { newDefaults } from "./draft.ts";
import { messageOf } from "../../util/error.ts";

/** Kinds of files looked for beside a certificate (manual, ssl-load-extra-files). */
export interface ExtraFiles {
  bundle: boolean;
  key: boolean;
  issuer: boolean;
  ocsp: boolean;
  sctl: boolean;
}

/** Who asks, for messages. */
export interface Asker {
  readonly env: ParseEnv;
  readonly args: Args;
  readonly word: Word;
}

export const SYSTEM_CA = "@system-ca";

/** Where distributions keep the certificates of the authorities they trust. */
const SYSTEM_CA_FILES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** TLS settings of the global section and what was read so far. */
export class TlsStore {
  caBase = "";
  crtBase = "";
  readonly extra: ExtraFiles = { bundle: true, key: true, issuer: true, ocsp: true, sctl: true };
  /** `.crt` is taken off before the extension of an extra file is put on. */
  deleteExtension = false;
  skipSelfIssued = false;
  /** `ssl-server-verify none`. */
  serverVerify: "none" | "required" = "required";
  readonly bindDefaults = newDefaults();
  readonly serverDefaults = newDefaults();
  /** Chains of issuers-chain-path, each by the subject of its first certificate. */
  private readonly issuers = new Map<string, readonly PemBlock[]>();
  private readonly certificates: Record<string, CertificateModel> = {};
  private readonly authorities: Record<string, string> = {};
  private readonly revocations: Record<string, string> = {};
  readonly crtLists: Record<string, readonly CrtListLineModel[]> = {};
  /** Why a file cannot be used, by path: told wherever it is named. */
  private readonly problems = new Map<string, string>();

  model(): TlsStoreModel {
    const { certificates, authorities, revocations, crtLists } = this;
    return { certificates, authorities, revocations, crtLists };
  }

  crtPath(text: string): string {
    return text.startsWith("/") || this.crtBase === "" ? text : join(this.crtBase, text);
  }

  caPath(text: string): string {
    return text.startsWith("/") || text.startsWith("@") || this.caBase === "" ? text : join(this.caBase, text);
  }

  /** Reads a certificate, its chain and its key. False: it cannot be used, which was reported. */
  certificate(asker: Asker, path: string): boolean {
    if (this.certificates[path] !== undefined) return true;
    const known = this.problems.get(path);
    if (known !== undefined) return refuse(asker, known);
    const problem = this.readCertificate(asker, path);
    if (problem === null) return true;
    this.problems.set(path, problem);
    return refuse(asker, problem);
  }

  private readCertificate(asker: Asker, path: string): string | null {
    const { env } = asker;
    const text = readText(env, path);
    if (text instanceof Error) return `the certificate '${path}' cannot be read: ${messageOf(text)}`;
    const pem = readPem(text);
    if (pem.unfinished > 0) return `'${path}' has a PEM block at line ${pem.unfinished} that does not end`;
    if (pem.certificates.length === 0) return `there is no certificate in '${path}'`;
    const parsed: [PemBlock, CertificateInfo][] = [];
    for (const block of pem.certificates) {
      const info = readCertificate(block);
      if (info === null) return `the certificate at line ${block.line} of '${path}' is malformed`;
      parsed.push([block, info]);
    }
    const key = this.findKey(env, path, pem);
    if (key === null) return `there is no private key for '${path}'${this.keyHint(path)}`;
    if (typeof key === "string") return key;
    const publicKey = publicKeyOf(key);
    if (publicKey === null) {
      const why = /ENCRYPTED/.test(key.text) ? "is encrypted: it would need a pass phrase" : "cannot be read";
      return `the private key of '${path}' ${why}`;
    }
    const identity = orderChain(parsed, publicKey);
    if (identity === null) return `the private key of '${path}' does not belong to its certificate`;
    const model = this.build(path, identity, key);
    const problem = contextProblem({ key: model.key, cert: model.chain });
    if (problem !== null) return `the TLS library does not take '${path}': ${problem}`;
    this.certificates[path] = model;
    for (const { code, message } of describeValidity(path, identity.leaf, Date.now())) {
      asker.args.warn(code, asker.word, message);
    }
    this.warnAboutExtras(asker, path);
    return null;
  }

  private build(path: string, identity: Identity, key: PemBlock): CertificateModel {
    const { leaf, issuerMissing } = identity;
    let { chain } = identity;
    if (issuerMissing) {
      const more = this.issuers.get(leaf.issuer);
      if (more !== undefined) chain = [chain[0]!, ...more];
    }
    if (this.skipSelfIssued && chain.length > 1) {
      chain = chain.filter((block, i) => i === 0 || !isSelfIssued(block));
    }
    const { keyType, names, notBefore, notAfter } = leaf;
    return { path, chain: chain.map((b) => b.text).join(""), key: key.text, keyType, names, notBefore, notAfter };
  }

  private findKey(env: ParseEnv, path: string, pem: PemFile): PemBlock | string | null {
    if (pem.keys[0] !== undefined) return pem.keys[0];
    if (!this.extra.key) return null;
    const beside = this.beside(path, ".key");
    if (!env.isFile(beside)) return null;
    const text = readText(env, beside);
    if (text instanceof Error) return `the private key '${beside}' cannot be read: ${messageOf(text)}`;
    return readPem(text).keys[0] ?? `there is no private key in '${beside}'`;
  }

  private keyHint(path: string): string {
    return this.extra.key ? `, neither in it nor in '${this.beside(path, ".key")}'` : "";
  }

  /** The path of an extra file (manual, ssl-load-extra-del-ext). */
  private beside(path: string, extension: string): string {
    return `${this.deleteExtension ? path.replace(/\.crt$/, "") : path}${extension}`;
  }

  private warnAboutExtras({ env, args, word }: Asker, path: string): void {
    const say = (file: string, why: string): void =>
      args.warn("config/no-effect", word, `'${file}' has no effect here: ${why}`);
    const ocsp = this.beside(path, ".ocsp");
    const sctl = this.beside(path, ".sctl");
    if (this.extra.ocsp && env.isFile(ocsp)) say(ocsp, "the TLS library cannot staple OCSP responses");
    if (this.extra.sctl && env.isFile(sctl)) say(sctl, "the TLS library cannot send certificate transparency lists");
  }

  /** Reads a CA file, or every file of a folder. */
  authority(asker: Asker, path: string): boolean {
    if (this.authorities[path] !== undefined) return true;
    const { env } = asker;
    const text = path === SYSTEM_CA ? systemAuthorities(env) : readFolder(env, path);
    if (text instanceof Error) return refuse(asker, `the CA file '${path}' cannot be read: ${messageOf(text)}`);
    const pem = readPem(text);
    if (pem.certificates.length === 0) return refuse(asker, `there is no certificate in the CA file '${path}'`);
    const ca = pem.certificates.map((block) => block.text).join("");
    const problem = contextProblem({ ca });
    if (problem !== null) return refuse(asker, `the TLS library does not take the CA file '${path}': ${problem}`);
    this.authorities[path] = ca;
    if (pem.crls.length > 0) this.revocations[path] = pem.crls.map((block) => block.text).join("");
    return true;
  }

  revocation(asker: Asker, path: string): boolean {
    if (this.revocations[path] !== undefined) return true;
    const text = readText(asker.env, path);
    if (text instanceof Error) return refuse(asker, `the CRL file '${path}' cannot be read: ${messageOf(text)}`);
    const { crls } = readPem(text);
    if (crls.length === 0) return refuse(asker, `there is no revocation list in '${path}'`);
    const crl = crls.map((block) => block.text).join("");
    const problem = contextProblem({ crl });
    if (problem !== null) return refuse(asker, `the TLS library does not take the CRL file '${path}': ${problem}`);
    this.revocations[path] = crl;
    return true;
  }

  /** `issuers-chain-path`: every PEM file of a folder is a chain. */
  addIssuers(asker: Asker, folder: string): boolean {
    let names: readonly string[] | null;
    try {
      names = asker.env.readDir(folder);
    } catch (error) {
      return refuse(asker, `the folder '${folder}' cannot be read: ${messageOf(error)}`);
    }
    if (names === null) return refuse(asker, `'${folder}' is no folder`);
    for (const name of [...names].sort()) {
      const text = readText(asker.env, join(folder, name));
      if (name.startsWith(".") || text instanceof Error) continue;
      const { certificates } = readPem(text);
      const first = certificates[0] === undefined ? null : readCertificate(certificates[0]);
      if (first === null) {
        asker.args.warn("tls/no-certificate", asker.word, `there is no certificate in '${join(folder, name)}'`);
      } else if (!this.issuers.has(first.subject)) this.issuers.set(first.subject, certificates);
    }
    return true;
  }
}

function refuse({ args, word }: Asker, message: string): false {
  const code = message.includes("cannot be read") ? "tls/unreadable" : "tls/bad-certificate";
  args.error(code, word, message);
  return false;
}

function isSelfIssued(block: PemBlock): boolean {
  const info = readCertificate(block);
  return info !== null && info.issuer === info.subject;
}

function readText(env: ParseEnv, path: string): string | Error {
  try {
    return env.readFile(path);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** A CA file, or all the files of a folder behind each other. */
function readFolder(env: ParseEnv, path: string): string | Error {
  try {
    const names = env.readDir(path);
    if (names === null) return env.readFile(path);
    const files = [...names].sort().filter((name) => !name.startsWith(".") && env.isFile(join(path, name)));
    return files.map((name) => env.readFile(join(path, name))).join("\n");
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function systemAuthorities(env: ParseEnv): string | Error {
  const { SSL_CERT_FILE } = env.variables;
  for (const path of [...(SSL_CERT_FILE ? [SSL_CERT_FILE] : []), ...SYSTEM_CA_FILES]) {
    if (env.isFile(path)) return readText(env, path);
  }
  return new Error("this system has no list of certificate authorities");
}
