/** show ssl cert, ca-file, crl-file, crt-list: what was read of the disk for TLS (management manual, section 9.3). */
import type { TlsStoreModel } from "../../../config/model.ts";
import { describeCertificate, describeIssuer, describeRevocations } from "../../../net/tls/describe.ts";
import { readPem } from "../../../net/tls/pem.ts";
import { type Answer, type Command, failure } from "../command.ts";

/** As HAProxy lists them: by their bytes. */
function paths(of: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(of).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function show(
  what: string,
  usage: string,
  help: string,
  run: (tls: TlsStoreModel, args: readonly string[]) => Answer,
): Command {
  return {
    name: `show ssl ${what}`,
    usage: `show ssl ${what} ${usage}`,
    help,
    // So it is in HAProxy.
    level: what === "crt-list" ? "admin" : "operator",
    run: ({ ctx, args }) => run(ctx.model().tls, args),
  };
}

const showCert = show(
  "cert",
  "[<certfile>]",
  "display the SSL certificates used in memory, or the details of a file",
  ({ certificates }, [path = ""]) => {
    if (path === "") return text(["# filename", ...paths(certificates)]);
    const found = certificates[path];
    if (found === undefined) {
      return failure("Can't display the certificate: Not found or the certificate is a bundle!");
    }
    const [own, ...chain] = readPem(found.chain).certificates;
    if (own === undefined) return failure("Can't display the certificate: Not found or the certificate is a bundle!");
    return text([
      `Filename: ${path}`,
      "Status: Used",
      ...describeCertificate(own),
      ...chain.flatMap(describeIssuer),
      // There is never a response to staple.
      "OCSP Response Key: ",
    ]);
  },
);

/** "file:3", where no file has that name: the file and 3. 0 = all; null = no number. */
function takeIndex(word: string): { readonly path: string; readonly index: number | null } {
  const colon = word.lastIndexOf(":");
  if (colon < 0) return { path: word, index: 0 };
  const number = word.slice(colon + 1);
  const index = /^[1-9]\d*$/.test(number) ? Number(number) : null;
  return { path: word.slice(0, colon), index };
}

/** Details of the blocks of a file, or of one of them. */
function details(path: string, index: number, title: string, blocks: readonly (readonly string[])[]): string {
  const chosen = blocks.flatMap((lines, i) =>
    index === 0 || index === i + 1 ? [" ", `${title} #${i + 1}:`, ...lines] : [],
  );
  return text([`Filename: ${path}`, "Status: Used", ...chosen]);
}

const showCaFile = show(
  "ca-file",
  "[<cafile>[:<index>]]",
  "display the SSL CA files used in memory, or the details of a <cafile>, or a single certificate of index <index> of a CA file <cafile>",
  ({ authorities }, [word = ""]) => {
    if (word === "") {
      const lines = paths(authorities).map((path) => {
        return `${path} - ${readPem(authorities[path]!).certificates.length} certificate(s)`;
      });
      return text(["# filename", ...lines]);
    }
    const { path, index } = authorities[word] === undefined ? takeIndex(word) : { path: word, index: 0 };
    if (index === null) return { severity: 3, text: `wrong CA index after colons in '${word}'!` };
    const found = authorities[path];
    if (found === undefined) return failure("Can't display the CA file : Not found!");
    const blocks = readPem(found).certificates;
    if (index > blocks.length) return "";
    return details(path, index, "Certificate", blocks.map(describeCertificate));
  },
);

const showCrlFile = show(
  "crl-file",
  "[<crlfile[:<index>>]]",
  "display the SSL CRL files used in memory, or the details of a <crlfile>, or a single CRL of index <index> of CRL file <crlfile>",
  ({ revocations }, [word = ""]) => {
    if (word === "") return text(["# filename", ...paths(revocations)]);
    const { path, index } = revocations[word] === undefined ? takeIndex(word) : { path: word, index: 0 };
    if (index === null) return { severity: 3, text: `wrong CRL index after colons in '${word}'!` };
    const found = revocations[path];
    if (found === undefined) return failure("Can't display the CRL file : Not found!");
    return details(path, index, "Certificate Revocation List", readPem(found).crls.map(describeRevocations));
  },
);

const showCrtList = show(
  "crt-list",
  "[-n] [<list>]",
  "show the list of crt-lists or the content of a crt-list file <list>",
  ({ crtLists }, args) => {
    const numbered = args[0] === "-n";
    const [path = ""] = numbered ? args.slice(1) : args;
    if (path === "") {
      if (numbered) return failure("'show ssl crt-list -n' expects a filename or a directory");
      return text(paths(crtLists));
    }
    const found = crtLists[path];
    if (found === undefined) return failure("didn't find the specified filename");
    const lines = found.map(({ line, certificate, options, filters }) =>
      [numbered ? `${certificate}:${line}` : certificate, ...(options === "" ? [] : [`[${options}]`]), ...filters].join(
        " ",
      ),
    );
    return text([`# ${path}`, ...lines]);
  },
);

export const showTlsFiles: readonly Command[] = [showCert, showCaFile, showCrlFile, showCrtList];
