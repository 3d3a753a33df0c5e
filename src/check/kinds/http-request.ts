/** The bytes of an HTTP check (manual section 4.2, `option httpchk`, `http-check send`), as HAProxy 2.6 sends them. */
import type { CheckModel } from "../../config/model.ts";

type HttpCheck = Extract<CheckModel, { kind: "http" }>;

/** Methods that announce no length when there is no body. */
const BODILESS: ReadonlySet<string> = new Set(["OPTIONS", "GET", "HEAD", "DELETE"]);

/** "HTTP/1.1" for it and anything newer, else the version as written. */
function versionOf(text: string): string {
  const major = text[5] ?? "";
  const newer =
    text.length === 6 ? major === "2" : text.length === 8 && (major > "1" || (major === "1" && text[7]! >= "1"));
  return newer ? "HTTP/1.1" : text;
}

/** Everything up to where the server's state is put in, and everything behind it; one character a byte. */
export function requestParts(
  model: Pick<HttpCheck, "method" | "uri" | "version" | "headers" | "body">,
): readonly [head: string, tail: string] {
  const version = versionOf(model.version);
  const lines: string[] = [];
  const length = model.body?.length ?? 0;
  const counted = length > 0 || !BODILESS.has(model.method);
  let { uri } = model;
  let close = !model.headers.some(([name]) => name.toLowerCase() === "connection");
  let keep = false;
  for (const [written, value] of model.headers) {
    const name = written.toLowerCase();
    switch (name) {
      case "connection": {
        // The connection options are hop by hop: what says close or keep-alive is written anew at the end.
        const options = value.split(",").map((option) => option.trim());
        close ||= options.some((option) => option.toLowerCase() === "close");
        keep ||= options.some((option) => option.toLowerCase() === "keep-alive");
        const others = options.filter((option) => !/^(close|keep-alive)?$/i.test(option));
        if (others.length > 0) lines.push(`connection: ${others.join(", ")}`);
        break;
      }
      case "content-length":
        if (!counted) lines.push(`${name}: ${value}`);
        break;
      case "transfer-encoding":
        break;
      case "host":
        uri = uri.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^/?#]*/, `$1${value}`);
        lines.push(`host: ${value}`);
        break;
      default:
        lines.push(`${name}: ${value}`);
    }
  }
  const tail: string[] = [];
  if (counted) tail.push(`content-length: ${length}`);
  if (version === "HTTP/1.1") {
    if (close) tail.push("connection: close");
  } else if (keep && !close) tail.push("connection: keep-alive");
  return [
    [`${model.method} ${uri} ${version}`, ...lines, ""].join("\r\n"),
    `${[...tail, "", ""].join("\r\n")}${model.body ?? ""}`,
  ];
}
