import { isIPv4, isIPv6 } from "node:net";
import type { Args } from "../../lang/args.ts";
import type { ProxyContext } from "../context.ts";
import { newProxy } from "../draft.ts";
import type { ForwardForModel } from "../model.ts";
import { takeChoice, takeInteger } from "../../lang/values.ts";
import { parseGrpcCheck } from "./grpc-check.ts";
import { parseHttpchk } from "./httpchk.ts";
import { markFormat } from "./format-mark.ts";
import type { Keyword } from "./keyword.ts";
import { BACK, BOTH } from "./where.ts";

type Row = Keyword<ProxyContext>;

function logFormat(name: string, help: string, parse: Row["parse"], usage = ""): Row {
  return {
    name,
    where: BOTH,
    usage,
    help,
    parse: (c, args) => {
      if (c.proxy.kind === "backend") {
        args.warn(
          "config/ignored-here",
          args.keyword,
          `'option ${name}' is ignored: backends write no log lines of their own`,
        );
        parse({ ...c, proxy: newProxy("listen", c.proxy.name, c.proxy.nameWord) }, args);
        return;
      }
      parse(c, args);
      markFormat(c, args, "log-format");
    },
  };
}

/** `except <network>`, `header <name>` and, for forwardfor, `if-none`. Null after a complaint. */
function parseForward(args: Args, header: string, allowIfNone: boolean): ForwardForModel | null {
  let except: string | null = null;
  let ifNone = false;
  for (let word = args.next(); word !== null; word = args.next()) {
    if (word.text === "except") {
      const network = args.take("a network behind 'except'");
      if (network === null) return null;
      if (!isNetwork(network.text)) {
        return args.error(
          "config/bad-address",
          network,
          `'${network.text}' is not a network`,
          "for instance 127.0.0.0/8",
        );
      }
      except = network.text;
    } else if (word.text === "header") {
      const name = args.take("a header name behind 'header'");
      if (name === null) return null;
      header = name.text;
    } else if (word.text === "if-none" && allowIfNone) ifNone = true;
    else {
      const choices = allowIfNone ? "except, header and if-none" : "except and header";
      return args.error(
        "config/bad-value",
        word,
        `'${args.label}' has no parameter '${word.text}'`,
        `it takes ${choices}`,
      );
    }
  }
  return { header, except, ifNone };
}

function isNetwork(text: string): boolean {
  const [ip = "", mask, ...more] = text.split("/");
  if (more.length > 0) return false;
  if (isIPv4(ip)) return mask === undefined || (/^\d{1,2}$/.test(mask) && Number(mask) <= 32) || isIPv4(mask);
  return isIPv6(ip) && (mask === undefined || (/^\d{1,3}$/.test(mask) && Number(mask) <= 128));
}

/** Options that take arguments or set more than a switch (manual section 4.2). */
export const optionValues: readonly Row[] = [
  {
    name: "forwardfor",
    where: BOTH,
    usage: "[except <network>] [header <name>] [if-none]",
    help: "Add the client's address in X-Forwarded-For",
    parse: (c, args) => {
      c.proxy.forwardFor = parseForward(args, "X-Forwarded-For", true) ?? c.proxy.forwardFor;
      c.proxy.marks.set("option forwardfor", args.keyword);
    },
  },
  {
    name: "originalto",
    where: BOTH,
    usage: "[except <network>] [header <name>]",
    help: "Add the address the client connected to in X-Original-To",
    parse: (c, args) => {
      c.proxy.originalTo = parseForward(args, "X-Original-To", false) ?? c.proxy.originalTo;
      c.proxy.marks.set("option originalto", args.keyword);
    },
  },
  {
    name: "http-restrict-req-hdr-names",
    where: BOTH,
    usage: "{preserve | delete | reject}",
    help: "What becomes of request headers with unusual characters in their names",
    parse: (c, args) => {
      c.proxy.headerNames = takeChoice(args, ["preserve", "delete", "reject"]) ?? c.proxy.headerNames;
      c.proxy.marks.set("option http-restrict-req-hdr-names", args.keyword);
    },
  },
  {
    name: "redispatch",
    where: BACK,
    usage: "[<interval>]",
    help: "Let a failed connection go to another server",
    invertible: true,
    extra: "warning",
    parse: (c, args) => {
      c.proxy.marks.set("option redispatch", args.keyword);
      if (c.modifier !== null) c.proxy.redispatch = 0;
      else if (args.done) c.proxy.redispatch = -1;
      else c.proxy.redispatch = takeInteger(args, { min: -2147483648, lax: true }) ?? c.proxy.redispatch;
    },
  },
  logFormat(
    "httplog",
    "Log requests with all that HTTP tells",
    (c, args) => {
      const clf = args.next();
      if (clf !== null && clf.text !== "clf") {
        args.error("config/bad-value", clf, `'option httplog' takes only 'clf', not '${clf.text}'`);
        return;
      }
      c.proxy.logFormat = { kind: clf === null ? "httplog" : "httplog-clf" };
    },
    "[clf]",
  ),
  {
    ...logFormat("httpslog", "Log requests with details of TLS", (c) => {
      c.proxy.logFormat = { kind: "httpslog" };
    }),
    extra: "warning",
  },
  logFormat("tcplog", "Log connections with timers and counters", (c) => {
    c.proxy.logFormat = { kind: "tcplog" };
  }),
  {
    name: "httpchk",
    where: BACK,
    usage: "[<uri> | <method> <uri> [<version>]]",
    help: "Check servers with an HTTP request",
    parse: parseHttpchk,
  },
  {
    name: "grpc-check",
    where: BACK,
    usage: "[<service>]",
    help: "Check servers of HTTP/2 with a call of gRPC's health service",
    parse: parseGrpcCheck,
  },
  {
    name: "external-check",
    where: BACK,
    usage: "",
    help: "Check servers by a program: see 'external-check command'",
    parse: (c, args) => {
      c.proxy.check = { kind: "external", command: "", path: "", forkWanted: false };
      c.proxy.marks.set("check", args.keyword);
      c.proxy.marks.set("option external-check", args.keyword);
    },
  },
  {
    name: "tcp-check",
    where: BACK,
    usage: "",
    help: "Check servers with a TCP connection, and the rules of 'tcp-check'",
    parse: (c, args) => {
      c.proxy.check = { kind: "tcp" };
      c.proxy.marks.set("check", args.keyword);
      c.proxy.marks.set("option tcp-check", args.keyword);
    },
  },
];
