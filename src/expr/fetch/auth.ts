/** Credentials of the request (manual, section 7.3.6; RFC 9110 section 11.6, RFC 7617, RFC 6750). */
import { latin1 } from "../../util/latin1.ts";
import type { ArgSpec } from "../args.ts";
import type { SampleContext } from "../context.ts";
import { ElementWalk, request, Target } from "./message.ts";
import type { Fetcher, FetchRow } from "./types.ts";

const AUTHORIZATION: Uint8Array = Buffer.from("authorization");
const PROXY_AUTHORIZATION: Uint8Array = Buffer.from("proxy-authorization");

interface Credentials {
  readonly scheme: "Basic" | "Bearer";
  readonly user: string;
  readonly password: string;
  readonly token: string;
}

const walk = new ElementWalk();
const target = new Target();

/** Splits a value into scheme and the rest; null without a blank behind the scheme. */
function split(value: string): { readonly scheme: string; readonly rest: string } | null {
  const space = value.indexOf(" ");
  if (space <= 0) return null;
  let at = space;
  while (value.charCodeAt(at) === 32) at++;
  return { scheme: value.slice(0, space).toLowerCase(), rest: value.slice(at) };
}

function firstValue(ctx: SampleContext, name: Uint8Array): string | null {
  if (!walk.start(request, ctx, name) || !walk.next()) return null;
  return latin1(walk.buf, walk.from, walk.to);
}

/** With `option http-use-proxy-header` a client that takes us for its proxy (absolute target) sends Proxy-Authorization. */
function credentials(ctx: SampleContext): Credentials | null {
  if (!target.start(ctx)) return null;
  let name = AUTHORIZATION;
  if (ctx.frontend?.model.options["http-use-proxy-header"] === true) {
    const first = target.buf[target.from];
    if (first !== 47 && first !== 42) name = PROXY_AUTHORIZATION;
  }
  const value = firstValue(ctx, name);
  const parts = value === null ? null : split(value);
  if (parts === null) return null;
  // HAProxy compares as many letters as the client sent.
  if ("basic".startsWith(parts.scheme)) {
    const plain = decodeBase64(parts.rest);
    const end = plain === null ? -1 : plain.indexOf("\0");
    const text = plain === null ? "" : end < 0 ? plain : plain.slice(0, end);
    const colon = text.indexOf(":");
    if (colon < 0) return null;
    return { scheme: "Basic", user: text.slice(0, colon), password: text.slice(colon + 1), token: parts.rest };
  }
  if ("bearer".startsWith(parts.scheme)) return { scheme: "Bearer", user: "", password: "", token: parts.rest };
  return null;
}

/** Standard alphabet with padding, nothing else; null when it is not that (RFC 4648 section 4). */
function decodeBase64(text: string): string | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return Buffer.from(text, "base64").toString("latin1");
}

const LIST: ArgSpec = { name: "userlist", type: "userlist" };

function plain(name: string, help: string, fetch: Fetcher): FetchRow {
  return { name, args: [], type: "str", use: ["request-head"], help, make: () => fetch };
}

export const authFetches: readonly FetchRow[] = [
  {
    name: "http_auth",
    args: [LIST],
    type: "bool",
    use: ["request-head"],
    help: "True when user and password of the request are in a userlist",
    make: ([arg], cc) => {
      const list = cc.findUserlist(arg!.text);
      if (list === null) return { message: userlistProblem(arg!.text), arg: 0 };
      return (ctx) => {
        const found = credentials(ctx);
        if (found === null || found.scheme !== "Basic") return null;
        return list.verify(found.user, found.password);
      };
    },
  },
  {
    name: "http_auth_group",
    args: [LIST],
    type: "str",
    use: ["request-head"],
    help: "The user's name when the password is right; ACLs match it against groups of the userlist",
    make: ([arg], cc) => {
      const list = cc.findUserlist(arg!.text);
      if (list === null) return { message: userlistProblem(arg!.text), arg: 0 };
      return (ctx) => {
        const found = credentials(ctx);
        return found !== null && found.scheme === "Basic" && list.verify(found.user, found.password)
          ? found.user
          : null;
      };
    },
    makeEach: ([arg], cc) => {
      const list = cc.findUserlist(arg!.text)!;
      return (ctx, visit) => {
        const found = credentials(ctx);
        if (found === null || found.scheme !== "Basic" || !list.verify(found.user, found.password)) return false;
        return list.groupsOf(found.user).some((group) => visit(group, ctx));
      };
    },
    patterns: ([arg], cc) => (cc.standsIn === true ? undefined : cc.findUserlist(arg!.text)!.groups),
  },
  {
    name: "http_auth_bearer",
    args: [{ name: "header", type: "str", optional: true }],
    type: "str",
    use: ["request-head"],
    help: "Token of the Bearer scheme, from Authorization or another header",
    make: ([arg]) => {
      if (arg === undefined) {
        return (ctx) => {
          const found = credentials(ctx);
          return found !== null && found.scheme === "Bearer" ? found.token : null;
        };
      }
      const name = Buffer.from(arg.text.toLowerCase(), "latin1");
      return (ctx) => {
        const value = firstValue(ctx, name);
        const parts = value === null ? null : split(value);
        // Without a token HAProxy yields the empty text here, not "no sample".
        if (ctx.reqHead === null) return null;
        return parts !== null && "bearer".startsWith(parts.scheme) ? parts.rest : "";
      };
    },
  },
  plain("http_auth_type", "Basic or Bearer", (ctx) => credentials(ctx)?.scheme ?? null),
  plain("http_auth_user", "User name of the Basic scheme", (ctx) => {
    const found = credentials(ctx);
    return found !== null && found.scheme === "Basic" ? found.user : null;
  }),
  plain("http_auth_pass", "Password of the Basic scheme", (ctx) => {
    const found = credentials(ctx);
    return found !== null && found.scheme === "Basic" ? found.password : null;
  }),
];

function userlistProblem(name: string): string {
  return name === "" ? "the name of a userlist is missing" : `there is no userlist '${name}'`;
}
