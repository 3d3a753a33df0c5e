/** Objects of every size, and what is logged of them. */
import { get, request } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { scenario, BODY, answer, MAX_AGE, twice, OBJECT } from "./tools.ts";

export const objects: readonly Scenario[] = [
  scenario({
    name: "compressed on its way",
    lines: {
      backend: `compression algo gzip
        http-request cache-use {cache}
        http-response cache-store {cache}`,
    },
    answer: answer(MAX_AGE, "Content-Type: text/plain"),
    requests: [get("/x", "Accept-Encoding: gzip"), get("/x", "Accept-Encoding: gzip"), get("/x")],
    compare: { logBytes: false },
  }),
  scenario({
    name: "return and redirect rules before cache-use",
    lines: {
      backend: `http-request return status 200 if { path /r }
        http-request redirect location /y if { path /l }
        http-request cache-use {cache}
        http-response cache-store {cache}`,
    },
    answer: OBJECT,
    requests: [get("/r"), get("/l"), ...twice],
  }),
  scenario({
    name: "used twice",
    lines: {
      frontend: "http-request cache-use {cache}",
      backend: "http-request cache-use {cache}\nhttp-response cache-store {cache}",
    },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "a backend without servers that serve",
    lines: {
      backend: "http-request cache-use {cache}\nhttp-response cache-store {cache}",
      servers: { s1: "maxconn 1" },
    },
    answer: OBJECT,
    requests: [...twice, get("/y"), get("/y")],
  }),
  scenario({
    name: "several on one connection",
    answer: OBJECT,
    requests: [get("/x"), get("/x"), get("/y"), get("/x", 'If-None-Match: "b"'), get("/y")],
    kept: true,
  }),
  scenario({
    name: "the first request is a HEAD",
    answer: (text) => (text.startsWith("HEAD") ? OBJECT.slice(0, -BODY.length) : OBJECT),
    requests: [request("HEAD", "/x"), request("HEAD", "/x"), get("/x"), request("HEAD", "/x")],
  }),
  scenario({
    name: "max-age of the section",
    cache: "    max-age 1",
    answer: answer("Cache-Control: max-age=100"),
    requests: twice,
  }),
  scenario({
    name: "an object of 15000 bytes",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nContent-Length: 15000\r\n\r\n${"0123456789".repeat(1500)}`,
    requests: twice,
  }),
  scenario({
    name: "an object larger than the largest",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nContent-Length: 17000\r\n\r\n${"0123456789".repeat(1700)}`,
    requests: twice,
  }),
  scenario({
    name: "chunks larger than the largest",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nTransfer-Encoding: chunked\r\n\r\n4268\r\n${"0123456789".repeat(1700)}\r\n0\r\n\r\n`,
    requests: twice,
  }),
  scenario({
    name: "an object of 600000 bytes",
    cache: "    max-object-size 1000000",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nContent-Length: 600000\r\n\r\n${"0123456789".repeat(60000)}`,
    requests: [...twice, request("HEAD", "/x")],
  }),
  scenario({
    name: "600000 bytes and trailers",
    cache: "    max-object-size 1000000",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nTransfer-Encoding: chunked\r\n\r\n927c0\r\n${"0123456789".repeat(60000)}\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n`,
    requests: twice,
  }),
  scenario({
    name: "600000 bytes in one chunk",
    cache: "    max-object-size 1000000",
    answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\nTransfer-Encoding: chunked\r\n\r\n927c0\r\n${"0123456789".repeat(60000)}\r\n0\r\n\r\n`,
    requests: twice,
  }),
  scenario({
    name: "captures and the log of a hit",
    lines: {
      frontend: `capture request header host len 20
        capture response header etag len 10
        log-format "%b %s %ST %B %tsc %hr %hs %{+Q}r %[res.cache_hit]"`,
    },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "option httpclose",
    lines: { defaults: "option httpclose" },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "forwardfor and cookies of the backend",
    lines: {
      backend: `option forwardfor
      cookie SRV insert indirect
      http-request cache-use {cache}
      http-response cache-store {cache}`,
      servers: { s1: "cookie one" },
    },
    answer: OBJECT,
    requests: twice,
  }),
];
