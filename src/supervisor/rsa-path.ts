import { readFileSync } from "node:fs";
import type { Model } from "../config/model.ts";

/** How the TLS library is told which instructions there are: this takes ADX away. */
const VARIABLE = "OPENSSL_ia32cap";
const WITHOUT_ADX = "~0x0:~0x80000";

/** First family of AMD (Zen 3) where the detour was measured. */
const FAMILY = 25;

/** What the decision depends on beside the configuration. */
export interface Machine {
  readonly arch: string;
  /** Text of /proc/cpuinfo. */
  readonly cpus: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/**
 * Variables that make handshakes cheaper for workers with these listeners, none in most cases.
 *
 * With ADX the TLS library multiplies the numbers of RSA by a path that is not the fastest on AMD's processors: a signature of 2048
 * bits takes 0.57 ms there, by the AVX2 path it takes without ADX 0.48 ms. X25519 loses by the same step, 31 to 42 µs for each of its
 * two operations in a handshake, and signatures of ECDSA gain nothing. So it is done where every certificate is RSA, and never over
 * what the operator set.
 */
export function handshakeVariables(model: Model, machine: Machine): Record<string, string> {
  if (machine.variables[VARIABLE] !== undefined || machine.arch !== "x64") return {};
  return onlyRsa(model) && detourPays(machine.cpus) ? { [VARIABLE]: WITHOUT_ADX } : {};
}

/** The same for this machine; reads /proc only when there is a listener it may matter to. */
export function ownHandshakeVariables(model: Model): Record<string, string> {
  if (!onlyRsa(model)) return {};
  let cpus: string;
  try {
    cpus = readFileSync("/proc/cpuinfo", "latin1");
  } catch {
    return {};
  }
  return handshakeVariables(model, { arch: process.arch, cpus, variables: process.env });
}

/** There are TLS listeners, and all they can show is RSA. */
function onlyRsa({ proxies, tls }: Model): boolean {
  const entries = proxies.flatMap(({ binds }) => binds.flatMap((bind) => bind.tls?.entries ?? []));
  return entries.length > 0 && entries.every(({ certificate }) => tls.certificates[certificate]?.keyType === "rsa");
}

function detourPays(cpus: string): boolean {
  const field = (name: string): string => new RegExp(`^${name}\\s*: *(.*)$`, "m").exec(cpus)?.[1] ?? "";
  const flags = field("flags").split(" ");
  return (
    field("vendor_id") === "AuthenticAMD" &&
    Number(field("cpu family")) >= FAMILY &&
    flags.includes("adx") &&
    flags.includes("avx2")
  );
}
