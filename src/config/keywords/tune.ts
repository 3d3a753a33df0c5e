import type { GlobalContext } from "../context.ts";
import { takeInteger, takeSize } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";
import { STICK_COUNTERS } from "../../table/tracking.ts";
import { firstCount } from "./process-limits.ts";

type Row = Keyword<GlobalContext>;
type Field =
  | "bufsize"
  | "maxrewrite"
  | "maxHeaders"
  | "logUriLen"
  | "rcvbufClient"
  | "rcvbufServer"
  | "pipeSize"
  | "maxPipes"
  | "sndbufClient"
  | "sndbufServer"
  | "h2HeaderTableSize"
  | "h2InitialWindowSize"
  | "h2MaxConcurrentStreams"
  | "h2MaxFrameSize"
  | "h2FrontWindowSize"
  | "h2BackWindowSize"
  | "h2FrontStreams"
  | "h2BackStreams"
  | "h2FrontTotalStreams"
  | "poolLowFdRatio"
  | "poolHighFdRatio";

function size(name: string, field: Field, help: string, min = 0): Row {
  return tune(name, "<bytes>", help, (c, args) => {
    c.global[field] = takeSize(args, { min, max: 0x7fffffff }) ?? c.global[field];
    c.global.marks.set(args.label, args.keyword);
  });
}

function count(name: string, field: Field, help: string, min: number, max: number, noEffect?: string): Row {
  const row = tune(name, "<count>", help, (c, args) => {
    c.global[field] = takeInteger(args, { min, max, lax: true }) ?? c.global[field];
  });
  return noEffect === undefined ? row : { ...row, noEffect };
}

const MOST = 0x7fffffff;

const IDLE = "idle connections go by pool-purge-delay alone";

function tune(name: string, usage: string, help: string, parse: Row["parse"]): Row {
  return { name: `tune.${name}`, where: ["global"], usage, help, parse };
}

/** What HAProxy 2.7 and later say of one side alone; 0 = as the setting of both. */
const h2SideKeywords: readonly Row[] = [
  count("h2.fe.initial-window-size", "h2FrontWindowSize", "HTTP/2: bytes a client's stream may send unasked", 0, MOST),
  count("h2.be.initial-window-size", "h2BackWindowSize", "HTTP/2: bytes a server's stream may send unasked", 0, MOST),
  tune(
    "h2.fe.max-concurrent-streams",
    "<count> [rq-load <load>] [min <count>]",
    "HTTP/2: streams of a client's connection",
    (c, args) => {
      c.global.h2FrontStreams = takeInteger(args, { min: 0, max: MOST, lax: true }) ?? c.global.h2FrontStreams;
      for (let word = args.next(); word !== null; word = args.next()) {
        if (word.text !== "rq-load" && word.text !== "min") {
          args.error("config/bad-value", word, `'${word.text}' is not possible here`, "rq-load or min");
          return;
        }
        if (args.take("a value") === null) return;
        args.warn("config/no-effect", word, `'${word.text}' has no effect here: the limit stays the same under load`);
      }
    },
  ),
  count("h2.be.max-concurrent-streams", "h2BackStreams", "HTTP/2: streams of a server's connection", 0, MOST),
  count("h2.fe.max-total-streams", "h2FrontTotalStreams", "HTTP/2: streams before a client must reconnect", 0, MOST),
];

/** The `tune.*` settings that mean something in this engine (manual section 3.2). */
export const tuneKeywords: readonly Row[] = [
  size("bufsize", "bufsize", "Buffer of a message: headers must fit into it", 1024),
  size("maxrewrite", "maxrewrite", "Part of the buffer kept free for added headers"),
  count("http.maxhdr", "maxHeaders", "Headers of a message at most", 1, 32767),
  count("http.logurilen", "logUriLen", "Bytes of the URI in log lines", 0, 0x7fffffff),
  count("h2.header-table-size", "h2HeaderTableSize", "HTTP/2: bytes of the table of received headers", 4096, 65536),
  count("h2.initial-window-size", "h2InitialWindowSize", "HTTP/2: bytes a stream may send unasked", 0, 0x7fffffff),
  count("h2.max-concurrent-streams", "h2MaxConcurrentStreams", "HTTP/2: streams of a connection", 0, 0x7fffffff),
  count("h2.max-frame-size", "h2MaxFrameSize", "HTTP/2: bytes of a received frame at most", 16384, 16777215),
  ...h2SideKeywords,
  firstCount(
    "tune.maxaccept",
    "maxAccept",
    "<count>",
    "Connections without TLS accepted in a row (default 32); -1 is no limit",
    { min: -1 },
  ),
  size("rcvbuf.client", "rcvbufClient", "Kernel receive buffer towards clients"),
  size("rcvbuf.server", "rcvbufServer", "Kernel receive buffer towards servers"),
  size("pipesize", "pipeSize", "Bytes a pipe of splicing holds"),
  size("sndbuf.client", "sndbufClient", "Kernel send buffer towards clients"),
  size("sndbuf.server", "sndbufServer", "Kernel send buffer towards servers"),
  count(
    "pool-low-fd-ratio",
    "poolLowFdRatio",
    "Percent of descriptors below which idle connections stay",
    0,
    100,
    IDLE,
  ),
  count(
    "pool-high-fd-ratio",
    "poolHighFdRatio",
    "Percent of descriptors above which idle connections go",
    0,
    100,
    IDLE,
  ),
  tune("http.cookielen", "<bytes>", "Longest captured cookie, its name included (default 63)", (c, args) => {
    c.global.cookieLen = takeInteger(args, { min: 0, lax: true }) ?? c.global.cookieLen;
  }),
  tune("disable-fast-forward", "", "Large bodies pass through the process, as with nosplice", (c) => {
    c.global.splice = false;
  }),
  tune("stick-counters", "<count>", "Stick counters of a connection or request: there are 3", (_, args) => {
    const count = takeInteger(args, { min: 0, max: 100 });
    if (count === null || count === STICK_COUNTERS) return;
    const word = args.words[args.index - 1]!;
    if (count > STICK_COUNTERS)
      args.error("config/not-supported", word, `there are ${STICK_COUNTERS} stick counters, not ${count}`);
    else
      args.warn(
        "config/no-effect",
        word,
        `'${count}' has no effect: there are always ${STICK_COUNTERS} stick counters`,
      );
  }),
  {
    name: "nosplice",
    where: ["global"],
    usage: "",
    help: "Large bodies pass through the process rather than inside the kernel",
    parse: (c) => {
      c.global.splice = false;
    },
  },
  {
    name: "maxpipes",
    where: ["global"],
    usage: "<count>",
    help: "Pipes each worker splices with at most; 0 is no limit",
    parse: (c, args) => {
      c.global.maxPipes = takeInteger(args, { min: 0, lax: true }) ?? c.global.maxPipes;
    },
  },
];
