import type { Args } from "../../lang/args.ts";
import type { ProxyContext } from "../context.ts";
import type { Draft } from "../draft.ts";
import type { CookieModel } from "../model.ts";
import { takeTime } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";
import { BACK } from "./where.ts";

type Cookie = Draft<CookieModel>;

/** Parameters of `cookie` by name. The three modes exclude each other; without any the cookie is passive. */
const PARAMETERS: Readonly<Record<string, (cookie: Cookie, args: Args) => void>> = {
  rewrite: (cookie) => setMode(cookie, "rewrite"),
  insert: (cookie) => setMode(cookie, "insert"),
  prefix: (cookie) => setMode(cookie, "prefix"),
  indirect: (cookie) => {
    cookie.indirect = true;
  },
  nocache: (cookie) => {
    cookie.nocache = true;
  },
  postonly: (cookie) => {
    cookie.postonly = true;
  },
  preserve: (cookie) => {
    cookie.preserve = true;
  },
  httponly: (cookie) => {
    cookie.httponly = true;
  },
  secure: (cookie) => {
    cookie.secure = true;
  },
  dynamic: (cookie) => {
    cookie.dynamic = true;
  },
  domain: (cookie, args) => {
    const word = args.take("a domain behind 'domain'");
    if (word === null) return;
    if (!word.text.startsWith(".") || !word.text.slice(1).includes(".")) {
      args.warn(
        "config/cookie-domain",
        word,
        `browsers may refuse cookies for '${word.text}'`,
        "start with a dot and hold another one",
      );
    }
    cookie.domains.push(word.text);
  },
  // Both count in seconds without a unit, unlike the timeouts.
  maxidle: (cookie, args) => {
    cookie.maxidle = takeTime(args, "s") ?? cookie.maxidle;
  },
  maxlife: (cookie, args) => {
    cookie.maxlife = takeTime(args, "s") ?? cookie.maxlife;
  },
  attr: (cookie, args) => {
    const word = args.take("an attribute behind 'attr'");
    if (word === null) return;
    const bad = /[;\x00-\x1f\x7f]/.exec(word.text);
    if (bad === null) cookie.attrs.push(word.text);
    else args.error("config/bad-value", word, "control characters and ';' are not possible in an attribute");
  },
};

function setMode(cookie: Cookie, mode: CookieModel["mode"]): void {
  // `passive` doubles as "none chosen yet"; a second choice is found by the caller through the words.
  cookie.mode = mode;
}

export const cookieKeyword: Keyword<ProxyContext> = {
  name: "cookie",
  where: BACK,
  usage:
    "<name> [rewrite | insert | prefix] [indirect] [nocache] [postonly] [preserve] [httponly] [secure] [domain <domain>] [maxidle <time>] [maxlife <time>] [dynamic] [attr <attribute>]",
  help: "Keep clients on their server by a cookie",
  parse: parseCookie,
};

function parseCookie(c: ProxyContext, args: Args): void {
  const name = args.take("the name of a cookie");
  if (name === null) return;
  const cookie: Cookie = {
    name: name.text,
    mode: "passive",
    indirect: false,
    nocache: false,
    postonly: false,
    preserve: false,
    httponly: false,
    secure: false,
    domains: [],
    maxidle: 0,
    maxlife: 0,
    dynamic: false,
    attrs: [],
  };
  for (let word = args.next(); word !== null; word = args.next()) {
    if (!Object.hasOwn(PARAMETERS, word.text)) {
      args.error(
        "config/bad-value",
        word,
        `'cookie' has no parameter '${word.text}'`,
        `one of ${Object.keys(PARAMETERS).join(", ")}`,
      );
      args.rest();
      return;
    }
    const isMode = word.text === "rewrite" || word.text === "insert" || word.text === "prefix";
    if (isMode && cookie.mode !== "passive" && cookie.mode !== word.text) {
      args.error("config/conflict", word, `cookie modes '${cookie.mode}' and '${word.text}' exclude each other`);
      return;
    }
    PARAMETERS[word.text]!(cookie, args);
  }
  if (cookie.mode === "rewrite" && cookie.indirect) {
    args.error("config/conflict", name, "cookie mode 'rewrite' and 'indirect' exclude each other");
    return;
  }
  if (cookie.preserve && cookie.mode !== "insert" && !cookie.indirect) {
    args.error("config/conflict", name, "'preserve' needs the cookie mode 'insert' or 'indirect'");
    return;
  }
  c.proxy.cookie = cookie;
  c.proxy.marks.set("cookie", args.keyword);
}
