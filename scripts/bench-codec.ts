/** Micro-benchmarks of the codecs: nanoseconds per operation, best of several rounds. Run: bun scripts/bench-codec.ts */
import { ChunkScanner } from "../src/codec/h1/chunked.ts";
import { Edits } from "../src/codec/h1/edits.ts";
import { CONNECTION } from "../src/codec/h1/known.ts";
import { defaultLimits } from "../src/codec/h1/flags.ts";
import { Head, parseRequest, parseResponse } from "../src/codec/h1/head.ts";
import { findKnown } from "../src/codec/h1/view.ts";
import { writeRequestHead } from "../src/codec/h1/write.ts";

const small =
  "GET /api/items/42 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n" +
  "X-Request-Id: 0123456789abcdef\r\nAccept-Encoding: gzip\r\n\r\n";
const browser =
  "GET /products/list?page=3&sort=price HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\n" +
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36\r\n" +
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\nReferer: https://www.example.com/\r\n" +
  "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\nCookie: sid=0123456789abcdef0123; theme=dark\r\n\r\n";
const answer =
  "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: text/html\r\nContent-Length: 1024\r\nConnection: keep-alive\r\n\r\n";

function bench(name: string, bytes: number, run: () => void): void {
  let best = Infinity;
  for (let round = 0; round < 12; round++) {
    const n = 50_000;
    const from = Bun.nanoseconds();
    for (let i = 0; i < n; i++) run();
    best = Math.min(best, (Bun.nanoseconds() - from) / n);
  }
  console.log(`${name.padEnd(44)} ${bytes.toString().padStart(6)} B ${best.toFixed(0).padStart(6)} ns`);
}

const head = new Head();
const edits = new Edits();
const out = Buffer.alloc(4096);
// Requests arrive with the case clients use, but the parser lower-cases in place: restore the bytes each time, and report the cost of that.
const scratch = Buffer.alloc(4096);

for (const [name, text] of [
  ["small", small],
  ["browser", browser],
] as const) {
  const source = Buffer.from(text, "latin1");
  const n = source.length;
  bench(`copy only (${name})`, n, () => {
    source.copy(scratch, 0, 0, n);
  });
  bench(`copy + parseRequest (${name}, mixed case)`, n, () => {
    source.copy(scratch, 0, 0, n);
    if (parseRequest(head, scratch, 0, n, defaultLimits) !== n) throw new Error("bench: refused");
  });
  bench(`parseRequest (${name}, lower case already)`, n, () => {
    if (parseRequest(head, scratch, 0, n, defaultLimits) !== n) throw new Error("bench: refused");
  });
  parseRequest(head, scratch, 0, n, defaultLimits);
  bench(`writeRequestHead (${name})`, n, () => {
    writeRequestHead(out, 0, head, null);
  });
  bench(`writeRequestHead (${name}, one deleted)`, n, () => {
    edits.clear();
    edits.delete(findKnown(head, CONNECTION, 0));
    edits.delete(1);
    writeRequestHead(out, 0, head, edits);
  });
}
{
  const source = Buffer.from(answer, "latin1");
  const n = source.length;
  bench("copy + parseResponse", n, () => {
    source.copy(scratch, 0, 0, n);
    if (parseResponse(head, scratch, 0, n, defaultLimits) !== n) throw new Error("bench: refused");
  });
}
{
  const chunk = Buffer.from("1000\r\n" + "x".repeat(4096) + "\r\n", "latin1");
  const body = Buffer.concat([chunk, chunk, chunk, chunk, Buffer.from("0\r\n\r\n")]);
  const scanner = new ChunkScanner(defaultLimits);
  bench("ChunkScanner (4 chunks of 4 KiB and the end)", body.length, () => {
    scanner.reset(defaultLimits);
    scanner.scan(body, 0, body.length);
    if (!scanner.done || !scanner.verbatim) throw new Error("bench: refused");
  });
}
