import type { BindTlsModel, CertificateModel, SniEntryModel, TlsStoreModel } from "../../config/model.ts";

/** A certificate under one of its names. */
export interface NamedEntry {
  readonly entry: SniEntryModel;
  readonly certificate: CertificateModel;
  /** Names its line excludes from its wildcards. */
  readonly except: ReadonlySet<string>;
}

/**
 * Which certificates are for which host name (manual, bind option crt-list): full names first, then "*." names, which stand for one
 * label; "!name" takes a name out of the wildcards of its line. In configuration order.
 */
export class NameTable {
  private readonly full = new Map<string, NamedEntry[]>();
  /** By what follows the star, with its dot. */
  private readonly wild = new Map<string, NamedEntry[]>();
  /** Lines with the filter "*". */
  private readonly any: NamedEntry[] = [];

  constructor(model: BindTlsModel, store: TlsStoreModel) {
    for (const entry of model.entries) {
      const certificate = store.certificates[entry.certificate];
      if (certificate === undefined) continue;
      const names = entry.filters ?? certificate.names;
      const except = new Set(names.filter((name) => name.startsWith("!")).map((name) => name.slice(1)));
      const named = { entry, certificate, except };
      for (const name of names) {
        if (name.startsWith("!")) continue;
        if (name === "*") this.any.push(named);
        else if (name.startsWith("*.")) add(this.wild, name.slice(1), named);
        else add(this.full, name, named);
      }
    }
  }

  /** What is offered to a client that asks for `name` (lower case): the best first; empty = nothing is for it. */
  find(name: string, now: number): readonly NamedEntry[] {
    const exact = this.full.get(name) ?? [];
    if (exact.some(({ certificate }) => valid(certificate, now))) return best(exact, now);
    const dot = name.indexOf(".");
    const wild = dot < 0 ? undefined : this.wild.get(name.slice(dot));
    const allowed = [...(wild ?? []), ...this.any].filter(({ except }) => !except.has(name));
    // A full name whose certificates have all expired gives way to a wildcard with a good one, and to nothing else.
    const better = exact.length === 0 || allowed.some(({ certificate }) => valid(certificate, now));
    return best(better ? allowed : exact, now);
  }
}

function valid({ notBefore, notAfter }: CertificateModel, now: number): boolean {
  return notBefore <= now && notAfter > now;
}

function add(map: Map<string, NamedEntry[]>, name: string, entry: NamedEntry): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [entry]);
  else list.push(entry);
}

/** The first certificate of each kind of key whose time has come and is not over; where no such is, the first one anyway. */
function best(list: readonly NamedEntry[], now: number): NamedEntry[] {
  const out: NamedEntry[] = [];
  for (const type of ["ecdsa", "rsa", "other"] as const) {
    const found = list.find(({ certificate }) => certificate.keyType === type && valid(certificate, now));
    if (found !== undefined) out.push(found);
  }
  if (out.length === 0 && list[0] !== undefined) out.push(list[0]);
  // One line's options hold for the connection: those of the line written first.
  return out.sort((a, b) => list.indexOf(a) - list.indexOf(b));
}
