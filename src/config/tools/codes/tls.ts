import type { CodeInfo } from "./code.ts";
import { row } from "./row.ts";

/** Certificates and the settings of TLS. */
export const tlsCodes: readonly CodeInfo[] = [
  row(
    "tls/unreadable",
    "a file of TLS cannot be read",
    "A certificate, key, CA file, revocation list or crt-list is missing or may not be read. Files are read once, by the process that parses the configuration.",
  ),
  row(
    "tls/bad-certificate",
    "a certificate, its key or a CA file is not usable",
    "The message says why: no certificate or no key in the file, a key of another certificate, an encrypted key, or a kind of key the TLS library does not have. Certificates, keys and chains may stand in one PEM file in any order, or the key beside it as FILE.key.",
  ),
  row(
    "tls/no-certificate",
    "there is no certificate",
    "A TLS listener without a certificate refuses every connection; a folder or a crt-list without one adds nothing.",
    "bind :8443 ssl",
  ),
  row(
    "tls/expired",
    "a certificate has expired",
    "Clients refuse it. It is still used for a name when no other certificate matches, never when one does. Renew it.",
  ),
  row(
    "tls/not-yet-valid",
    "a certificate is not valid yet",
    "Clients refuse it until then. Check the clock of this machine.",
  ),
  row("tls/expires-soon", "a certificate expires within 30 days", "Renew it and reload: connections stay."),
  row(
    "tls/unused",
    "a certificate on a line without ssl",
    "The line accepts plain connections. Add 'ssl', or take the certificate away.",
  ),
  row(
    "tls/no-ca",
    "a certificate is to be checked and nothing says by which authorities",
    "Give the authorities with 'ca-file'; '@system-ca' stands for those of the system.",
  ),
  row(
    "tls/no-version",
    "no version of TLS is left",
    "The limits and exclusions on this line, or in the global section, contradict each other. SSLv3 is never spoken.",
    "bind :8443 ssl strict-sni ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.2",
  ),
  row(
    "tls/version-gap",
    "the versions of TLS have a gap",
    "A client and a server agree on a range of versions. The versions above the gap are used.",
  ),
];
