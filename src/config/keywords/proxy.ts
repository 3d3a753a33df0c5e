import type { ProxyContext } from "../context.ts";
import { takeChoice, takeInteger } from "../../lang/values.ts";
import { bindKeyword } from "./bind.ts";
import { keepaliveKeywords } from "./keepalive.ts";
import { type Keyword, KeywordTable } from "./keyword.ts";
import { LOG_USAGE, parseLogTarget } from "./log.ts";
import { optionKeyword } from "./options.ts";
import { serverKeywords } from "./server-line.ts";
import { timeoutKeyword } from "./timeouts.ts";
import { backendKeywords } from "./backend.ts";
import { balanceKeywords } from "./balance.ts";
import { checkKeywords } from "./check.ts";
import { compressionKeywords } from "./compression.ts";
import { errorKeywords } from "./errors.ts";
import { captureKeywords } from "./capture.ts";
import { ruleKeywords } from "./rules.ts";
import { markFormat } from "./format-mark.ts";
import { serverStateKeywords } from "./server-state.ts";
import { stickKeywords } from "./stick.ts";
import { stickTableKeyword } from "./stick-table.ts";
import { tcpRuleKeywords } from "./tcp-rules.ts";
import { BOTH, FRONT, PROXY_ONLY } from "./where.ts";

type Row = Keyword<ProxyContext>;

const general: readonly Row[] = [
  {
    name: "mode",
    where: BOTH,
    usage: "tcp | http",
    help: "Relay bytes or speak HTTP",
    parse: (c, args) => {
      if (args.peek()?.text === "health") {
        args.error(
          "config/removed",
          args.next()!,
          "HAProxy has no 'mode health' any more",
          "http-request return status 200",
        );
        return;
      }
      c.proxy.mode = takeChoice(args, ["tcp", "http"]) ?? c.proxy.mode;
    },
  },
  {
    name: "id",
    where: PROXY_ONLY,
    misplaced: "error",
    usage: "<number>",
    help: "Number of the proxy in statistics",
    parse: (c, args) => {
      const id = takeInteger(args, { min: 1, lax: true });
      if (id === null) return;
      c.proxy.id = id;
      c.proxy.marks.set("id", args.words[args.index - 1]!);
    },
  },
  {
    name: "description",
    noEffect: "no statistics show it yet",
    where: PROXY_ONLY,
    misplaced: "error",
    usage: "<text>",
    help: "Text shown in statistics",
    parse: (c, args) => {
      if (args.take("a text") === null) return;
      args.index--;
      c.proxy.description = args
        .rest()
        .map((w) => w.text)
        .join(" ");
    },
  },
  {
    name: "disabled",
    where: BOTH,
    usage: "",
    help: "Do not start this proxy",
    parse: (c) => {
      c.proxy.disabled = true;
    },
  },
  {
    name: "enabled",
    where: BOTH,
    usage: "",
    help: "Undo 'disabled' of defaults",
    parse: (c) => {
      c.proxy.disabled = false;
    },
  },
];

const frontend: readonly Row[] = [
  {
    name: "maxconn",
    where: FRONT,
    usage: "<count>",
    help: "Connections of this frontend at the same time",
    parse: (c, args) => {
      c.proxy.maxconn = takeInteger(args, { lax: true }) ?? c.proxy.maxconn;
      c.proxy.marks.set("maxconn", args.keyword);
    },
  },
  {
    name: "backlog",
    where: FRONT,
    usage: "<count>",
    help: "Length of the kernel's accept queue",
    parse: (c, args) => {
      c.proxy.backlog = takeInteger(args, { lax: true }) ?? c.proxy.backlog;
    },
  },
  {
    name: "max-session-srv-conns",
    where: FRONT,
    usage: "<count>",
    help: "Idle server connections kept for one client alone",
    extra: "warning",
    parse: (c, args) => {
      c.proxy.maxSessionSrvConns = takeInteger(args, { min: -1, lax: true }) ?? c.proxy.maxSessionSrvConns;
    },
  },
  {
    name: "default_backend",
    where: FRONT,
    usage: "<backend>",
    help: "Where requests go that no rule sends elsewhere",
    parse: (c, args) => {
      const word = args.take("the name of a backend");
      if (word === null) return;
      c.proxy.defaultBackend = word.text;
      c.proxy.marks.set("default_backend", word);
    },
  },
  {
    name: "monitor-uri",
    where: FRONT,
    usage: "<uri>",
    help: "Answer requests for this URI with 200 without a server",
    parse: (c, args) => {
      c.proxy.monitorUri = args.take("a URI")?.text ?? c.proxy.monitorUri;
      c.proxy.marks.set("monitor-uri", args.keyword);
    },
  },
  {
    name: "rate-limit",
    where: FRONT,
    extra: "warning",
    usage: "sessions <rate>",
    help: "Connections accepted each second",
    parse: (c, args) => {
      if (takeChoice(args, ["sessions"]) === null) return void args.rest();
      c.proxy.rateLimitSessions = takeInteger(args) ?? c.proxy.rateLimitSessions;
    },
  },
];

const logs: readonly Row[] = [
  {
    name: "log",
    where: BOTH,
    usage: `global | ${LOG_USAGE}`,
    help: "Send log lines to a target, or to those of the global section",
    invertible: true,
    parse: (c, args) => {
      if (c.modifier === "no") {
        c.proxy.logs = [];
        return;
      }
      c.proxy.marks.set("log", args.keyword);
      if (args.peek()?.text === "global" && args.words.length === 1) {
        args.next();
        c.proxy.logs.push(...c.global.logs);
        return;
      }
      const target = parseLogTarget(c, args);
      if (target !== null) c.proxy.logs.push(target);
    },
  },
  {
    name: "log-tag",
    where: BOTH,
    extra: "warning",
    usage: "<text>",
    help: "Program name in log lines",
    parse: (c, args) => {
      c.proxy.logTag = args.take("a tag")?.text ?? c.proxy.logTag;
    },
  },
  {
    name: "log-format",
    where: FRONT,
    usage: "<format>",
    help: "What log lines look like",
    parse: (c, args) => {
      const word = args.take("one word: quote the format or escape its spaces");
      if (word === null) return;
      markFormat(c, args, "log-format");
      // The position is that of the first character of the text, behind a quote.
      const quote = word.quoted && word.endColumn - word.at.column === word.text.length + 2 ? 1 : 0;
      const at = { ...word.at, column: word.at.column + quote };
      c.proxy.logFormat = { kind: "custom", text: word.text, at };
    },
  },
];

/** Keywords of defaults, frontend, backend and listen (manual section 4). */
export const proxyKeywords = new KeywordTable<ProxyContext>("proxy", [
  general,
  frontend,
  logs,
  [timeoutKeyword, optionKeyword, bindKeyword],
  serverKeywords,
  backendKeywords,
  balanceKeywords,
  checkKeywords,
  errorKeywords,
  compressionKeywords,
  ruleKeywords,
  captureKeywords,
  tcpRuleKeywords,
  keepaliveKeywords,
  [stickTableKeyword],
  serverStateKeywords,
  stickKeywords,
]);
