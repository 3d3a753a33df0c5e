/** PEM files (RFC 7468): certificates, keys and revocation lists in any order, with any text around them. */

export interface PemBlock {
  /** The text between "BEGIN " and the dashes, e.g. "CERTIFICATE". */
  readonly label: string;
  /** The block with its first and last line, ended by a newline. */
  readonly text: string;
  /** Line of the first one, from 1. */
  readonly line: number;
}

export interface PemFile {
  readonly certificates: readonly PemBlock[];
  readonly keys: readonly PemBlock[];
  readonly crls: readonly PemBlock[];
  /** A block that begins and does not end: its line, else 0. */
  readonly unfinished: number;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n[\s\S]*?-----END \1-----/g;

/** Never throws; blocks of other kinds are left out. */
export function readPem(text: string): PemFile {
  const certificates: PemBlock[] = [];
  const keys: PemBlock[] = [];
  const crls: PemBlock[] = [];
  let line = 1;
  let from = 0;
  let end = 0;
  for (const match of text.matchAll(BLOCK)) {
    line += newlines(text, from, match.index);
    from = match.index;
    end = match.index + match[0].length;
    const label = match[1]!;
    const block: PemBlock = { label, text: `${match[0].replaceAll("\r", "")}\n`, line };
    if (label === "CERTIFICATE" || label === "X509 CERTIFICATE" || label === "TRUSTED CERTIFICATE") {
      certificates.push(block);
    } else if (label === "PRIVATE KEY" || label.endsWith(" PRIVATE KEY")) keys.push(block);
    else if (label === "X509 CRL") crls.push(block);
  }
  const open = text.indexOf("-----BEGIN ", end);
  return { certificates, keys, crls, unfinished: open < 0 ? 0 : 1 + newlines(text, 0, open) };
}

function newlines(text: string, from: number, to: number): number {
  let n = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) n++;
  return n;
}

/** The bytes of a block. Empty when what it holds is no base64. */
export function pemBytes(block: PemBlock): Buffer {
  return Buffer.from(block.text.replace(/-----[^\n]*-----/g, ""), "base64");
}
