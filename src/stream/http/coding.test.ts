/** What the comparison with HAProxy (test/diff) does not reach: our own algorithms, sides of a proxy, odd values. */
import { expect, test } from "bun:test";
import { algorithms } from "../../codec/compress/algorithms.ts";
import type { CompressionModel } from "../../config/model.ts";
import { acceptedCoding, brokenBrowser, compileCompression, etagKind, typeAllowed } from "./coding.ts";

const all = [algorithms.zstd, algorithms.br, algorithms.gzip, algorithms["raw-deflate"]];

test.each([
  [["gzip, deflate, br, zstd"], "gzip"],
  [["zstd, br, gzip"], "zstd"],
  [["gzip;q=0.9, br;q=0.95"], "br"],
  [["gzip;q=0.5", "zstd;q=0.6"], "zstd"],
  [["deflate"], "raw-deflate"],
  [["*"], "zstd"],
  [["*;q=0.5, br"], "br"],
  [["compress, x-gzip"], undefined],
  [["gzip;q=0, br;q=0.0, zstd;q=0.000"], undefined],
  [["br; q=0.001"], "br"],
  [["br;q=2"], "br"],
  [["br;q="], "br"],
  [["br;level=3;q=0"], undefined],
  [["\tbr\t;\tq=0.5"], "br"],
  [[""], undefined],
  [[], undefined],
] as const)("%j takes %s", (values, name) => {
  expect(acceptedCoding(values, all)?.name).toBe(name);
});

test("no value of Accept-Encoding takes long or throws", () => {
  const pieces = ["gzip", ";", "q=", "0", ".", "5", ",", " ", "*", "q", "\t", "=", "é", '"'];
  let state = 7;
  for (let round = 0; round < 20_000; round++) {
    let value = "";
    for (let i = 0; i < 12; i++) {
      state = (state * 48271) % 2147483647;
      value += pieces[state % pieces.length]!;
    }
    acceptedCoding([value], all);
  }
  const started = performance.now();
  acceptedCoding(
    [`gzip${";a".repeat(5000)}`, `gzip${" ;".repeat(5000)}`, ";".repeat(15_000), `${" ".repeat(15_000)};`],
    all,
  );
  expect(performance.now() - started).toBeLessThan(200);
});

test.each([
  ['"a"', "strong"],
  ['""', "strong"],
  ['W/"a"', "weak"],
  ['W/""', "weak"],
  ['"', "invalid"],
  ["a", "invalid"],
  ["", "invalid"],
  ['w/"a"', "invalid"],
] as const)("the entity tag %s is %s", (text, kind) => {
  expect(etagKind(text)).toBe(kind);
});

test("types are compared by their beginning, multipart never passes", () => {
  expect(typeAllowed(null, null)).toBe(true);
  expect(typeAllowed(null, ["text/"])).toBe(false);
  expect(typeAllowed("Text/HTML; charset=x", ["text/"])).toBe(true);
  expect(typeAllowed("multipart/mixed", null)).toBe(false);
  expect(typeAllowed("multipart/mixed", ["multipart"])).toBe(false);
});

test("browsers that cannot", () => {
  expect(brokenBrowser("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)")).toBe(true);
  expect(brokenBrowser("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1)")).toBe(false);
  expect(brokenBrowser("curl/8")).toBe(false);
});

test("a direction that is off has neither algorithms nor types", () => {
  const side = { enabled: true, algorithms: ["gzip"], types: ["a/"], minSize: 5 } as const;
  const model: CompressionModel = { request: { ...side, enabled: false }, response: side, offload: true };
  const compiled = compileCompression(model)!;
  expect(compiled.request).toEqual({ algorithms: null, types: null, minSize: 0 });
  expect(compiled.response).toEqual({ algorithms: [algorithms.gzip], types: ["a/"], minSize: 5 });
  expect(compileCompression(null)).toBeNull();
});
