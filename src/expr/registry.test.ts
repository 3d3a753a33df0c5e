import { describe, expect, test } from "bun:test";
import { fetches } from "./fetch/index.ts";
import type { FetchRow } from "./fetch/types.ts";
import { converters } from "./conv/index.ts";
import { knownConverters, knownFetches } from "./known.ts";
import { HAPROXY, haveHaproxy } from "./oracle.helper.ts";
import { validityOf } from "./validity.ts";

/** Those of parts tlb does not have. */
const ELSEWHERE = /^fcgi\./;

/** Where tlb takes more than HAProxy 2.6: the case flag of later versions. */
const EXTENDED: Readonly<Record<string, string>> = {
  "urlp([string,string,string]): str": "urlp([string,string]): str",
  "url_param([string,string,string]): str": "url_param([string,string]): str",
  "urlp_val([string,string,string]): sint": "urlp_val([string,string]): sint",
  "req.body_param([string,string]): bin": "req.body_param([string]): bin",
};

const words: Readonly<Record<string, string>> = {
  int: "integer",
  str: "string",
  variable: "string",
  ipv4: "IPv4 address",
  ipv6: "IPv6 address",
  userlist: "user list",
};

/** A row as HAProxy's list of keywords writes it. */
function signature(row: FetchRow): string {
  let list = "";
  let open = false;
  row.args.forEach((arg, i) => {
    if (arg.optional && !open) {
      list += "[";
      open = true;
    }
    list += (i > 0 ? "," : "") + (words[arg.type] ?? arg.type);
  });
  const args = row.args.length === 0 ? "" : `(${list}${open ? "]" : ""})`;
  const text = `${row.name}${args}: ${row.declared ?? row.type}`;
  return EXTENDED[text] ?? text;
}

function columns(row: FetchRow): string {
  const mask = validityOf(row.use);
  return Array.from({ length: 22 }, (_, i) => ((mask >> i) & 1 ? "Y" : ".")).join(" ");
}

describe("the registry of fetches", () => {
  test("every row has help, and what it is replaced by exists", () => {
    for (const row of fetches.values()) {
      expect(row.help.length).toBeGreaterThan(5);
      if (row.replacedBy !== undefined) expect(fetches.has(row.replacedBy)).toBe(true);
    }
  });

  test.skipIf(!haveHaproxy)("has names, arguments, types and places of HAProxy's own list", () => {
    const { stdout } = Bun.spawnSync([HAPROXY, "-dKsmp", "-q", "-c", "-f", "/dev/null"], { stderr: "ignore" });
    const theirs = new Map<string, string>();
    for (const [, places, text] of stdout.toString().matchAll(/^\[ ([Y. ]+) \] (.+)$/gm)) {
      const name = /^[^(:]+/.exec(text!)![0];
      if (!ELSEWHERE.test(name)) theirs.set(name, `${places} ${text}`);
    }
    expect(theirs.size).toBeGreaterThan(150);
    const ours = new Map<string, string>();
    // Timers and TLVs are names of later versions.
    for (const row of fetches.values()) {
      if (!row.name.includes(".timer.") && row.name !== "fc_pp_tlv")
        ours.set(row.name, `${columns(row)} ${signature(row)}`);
    }
    expect([...ours.values()].sort()).toEqual([...theirs.values()].sort());
  });
});

describe("names of HAProxy without a row", () => {
  test.skipIf(!haveHaproxy)("every fetch and converter of HAProxy has a row or is listed as known", () => {
    const list = (option: string): string =>
      Bun.spawnSync([HAPROXY, option, "-q", "-c", "-f", "/dev/null"], { stderr: "ignore" }).stdout.toString();
    const smp = [...list("-dKsmp").matchAll(/^\[ [Y. ]+ \] ([^(:]+)/gm)].map((match) => match[1]!);
    const cnv = [...list("-dKcnv").matchAll(/^([a-z0-9_.-]+)[(:]/gm)].map((match) => match[1]!);
    expect(smp.length).toBeGreaterThan(400);
    expect(cnv.length).toBeGreaterThan(100);
    expect(smp.filter((name) => !fetches.has(name) && !knownFetches.has(name))).toEqual([]);
    expect(cnv.filter((name) => !converters.has(name) && !knownConverters.has(name))).toEqual([]);
    const real = new Set([...smp, ...cnv]);
    expect([...knownFetches, ...knownConverters].filter((name) => !real.has(name))).toEqual([]);
  });
});
