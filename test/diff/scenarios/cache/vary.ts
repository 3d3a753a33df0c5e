/** Objects that depend on headers of the request. */
import type { Scenario } from "../../scenario.ts";
import { scenario, VARY, encoded, asks } from "./tools.ts";

export const vary: readonly Scenario[] = (
  [
    ["none, none", [asks(null), asks(null)]],
    ["gzip, gzip", [asks("gzip", "gzip"), asks("gzip", "gzip")]],
    ["gzip, none", [asks("gzip", "gzip"), asks(null)]],
    ["gzip but plain, none", [asks("gzip"), asks(null)]],
    ["none, gzip", [asks(null), asks("gzip", "gzip")]],
    ["gzip, gzip and br", [asks("gzip", "gzip"), asks("br, gzip", "br")]],
    ["gzip, br", [asks("gzip", "gzip"), asks("br", "br"), asks("gzip", "gzip"), asks("br", "br")]],
    ["gzip, empty", [asks("gzip", "gzip"), asks("")]],
    ["many encodings", [asks("gzip", "gzip"), asks("gzip,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "gzip")]],
    [
      "no-cache first",
      [asks("gzip", "gzip").replace("X-Answer", "Cache-Control: no-cache\r\nX-Answer"), asks("gzip", "gzip")],
    ],
    ["gzip, gzip;q=0", [asks("gzip", "gzip"), asks("gzip;q=0")]],
    ["gzip, GZIP;q=0.5", [asks("gzip", "gzip"), asks("GZIP ; q=0.5", "gzip")]],
    ["gzip, *", [asks("gzip", "gzip"), asks("*", "gzip")]],
    ["gzip, *;q=0", [asks("gzip", "gzip"), asks("*;q=0")]],
    ["plain, identity;q=0", [asks(null), asks("gzip, identity;q=0", "gzip")]],
    ["plain, *;q=0", [asks(null), asks("gzip, *;q=0", "gzip")]],
    ["gzip, x-gzip", [asks("gzip", "gzip"), asks("x-gzip", "gzip")]],
    ["unknown encoding asked for", [asks("zork"), asks("zork"), asks(null)]],
    ["unknown encoding answered", [asks("zork", "zork"), asks("zork", "zork")]],
    ["gzip, gzip and unknown", [asks("gzip", "gzip"), asks("gzip, zork", "gzip")]],
    ["two encodings", [asks("gzip, br", "gzip, br"), asks("gzip", "gzip"), asks("br, gzip", "gzip, br")]],
  ] as const
).map(([name, list]) => scenario({ name: `vary: ${name}`, cache: VARY, answer: encoded, requests: list }));
