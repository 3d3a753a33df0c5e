/** The files behind `crt <path>`: a file, the files of a folder, or a bundle (manual, bind option crt and ssl-load-extra-files). */
import { join } from "node:path";
import type { Asker, TlsStore } from "./store.ts";
import { messageOf } from "../../util/error.ts";

/** Extensions of the members of a bundle, in HAProxy's order: the first there is becomes the default. */
const BUNDLE = [".dsa", ".ecdsa", ".rsa"];

/** Files in a folder that belong to a certificate beside them. */
const COMPANIONS = [".issuer", ".ocsp", ".sctl", ".key"];

/** Reads them all; the paths of those that can be used. Everything else was reported. */
export function loadCertificates(store: TlsStore, asker: Asker, path: string): string[] {
  const { env, args, word } = asker;
  let names: readonly string[] | null = null;
  if (!env.isFile(path)) {
    try {
      names = env.readDir(path);
    } catch (error) {
      const bundle = store.extra.bundle ? BUNDLE.map((end) => path + end).filter((file) => env.isFile(file)) : [];
      if (bundle.length > 0) return bundle.filter((file) => store.certificate(asker, file));
      const why = messageOf(error);
      args.error("tls/unreadable", word, `the certificate '${path}' cannot be read: ${why}`);
      return [];
    }
  }
  if (names === null) return store.certificate(asker, path) ? [path] : [];
  const files = [...names]
    .sort()
    .filter((name) => !name.startsWith(".") && !COMPANIONS.some((end) => name.endsWith(end)))
    .map((name) => join(path, name))
    .filter((file) => env.isFile(file));
  if (files.length === 0) args.warn("tls/no-certificate", word, `there is no certificate in the folder '${path}'`);
  return files.filter((file) => store.certificate(asker, file));
}
