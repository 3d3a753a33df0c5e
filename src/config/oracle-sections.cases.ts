/** Further configurations for oracle.test.ts: sections beside the proxies, and what rules take from them. */
import type { OracleCase } from "./oracle.cases.ts";

const PROXY = "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n mode http\n";

/** Lines of a userlist `u` with a frontend that uses it. */
function users(...texts: string[]): OracleCase[] {
  return texts.map((text) => ({
    name: `userlist: ${text}`,
    text: `${PROXY}userlist u\n ${text.replaceAll("|", "\n ")}\nlisten l\n bind :8001\n server s 127.0.0.1:80\n`,
  }));
}

/** Whole sections behind the defaults, and a line of the frontend. */
function section(text: string, ...lines: string[]): OracleCase[] {
  return lines.map((line) => ({
    name: `section: ${text} with ${line}`,
    text: `${PROXY}${text.replaceAll("|", "\n ")}\nlisten l\n bind :8001\n ${line}\n server s 127.0.0.1:80\n`,
  }));
}

function normalizers(...words: string[]): OracleCase[] {
  return words.map((word) => ({
    name: `normalize-uri ${word}`,
    text: `global\n expose-experimental-directives\n${PROXY}listen l\n bind :8001\n http-request normalize-uri ${word}\n server s 127.0.0.1:80\n`,
  }));
}

export const sectionCases: readonly OracleCase[] = [
  ...users(
    "user joe insecure-password x",
    "user joe password $1$salt$x groups a|group a",
    "user joe groups a|group a",
    "user joe insecure-password x groups a,b|group a",
    "group a users joe",
    "group a users joe|user joe insecure-password x",
    "group a users joe users joe|user joe insecure-password x",
    "group a zork",
    "group",
    "group a%b",
    "user",
    "user joe zork x",
    "user joe insecure-password x|user joe insecure-password y",
    "group a|group a",
    "user a%b insecure-password x",
    "zork",
  ),
  ...users("user joe insecure-password").map((one) => ({
    ...one,
    differs: "HAProxy reads a missing password as an empty one",
  })),
  ...normalizers(
    "path-strip-dot",
    "path-strip-dot full",
    "path-strip-dotdot",
    "path-strip-dotdot full",
    "path-strip-dotdot strict",
    "path-strip-dotdot if TRUE",
    "path-merge-slashes",
    "query-sort-by-name",
    "fragment-strip",
    "fragment-encode",
    "fragment-encode strict",
    "percent-decode-unreserved strict",
    "percent-decode-unreserved full",
    "percent-to-uppercase strict unless TRUE",
    "zork",
    "",
  ),
  ...section("userlist", "http-request normalize-uri path-strip-dot"),
  ...section("userlist", "option httplog"),
  ...section("userlist a b", "option httplog"),
  ...section("userlist a%", "option httplog"),
  ...section("userlist a|user joe insecure-password x|userlist a|user joe insecure-password y", "option httplog"),
  ...section(
    "userlist a|user joe insecure-password x groups g|group g",
    "http-request auth",
    "http-request auth realm",
    "http-request auth realm x if TRUE",
    "http-request auth zork",
    "http-request auth if { http_auth(a) }",
    "http-request auth if { http_auth(b) }",
    "http-request auth if { http_auth() }",
    "http-request auth if { http_auth_group(a) g }",
    "http-request auth if { http_auth_group(a) h }",
    "http-request auth if { http_auth_group(a) -m str g }",
    "http-request auth if { http_auth_group(a) -m found }",
    "http-request auth if { http_auth_group(a) }",
    "http-response auth",
  ),
];
