import type { Args } from "../../lang/args.ts";
import { NOTHING, takeTexts } from "../parts.ts";
import { type Action, type ActionParts, type ActionRow, Verdict } from "../types.ts";
import type { HeaderKind, TcpRuleStream } from "./types.ts";

/** The only word behind `expect-…`: the layer the header belongs to. */
function takeLayer(args: Args): ActionParts | null {
  const parts = takeTexts(args, [["layer", "'layer4'"]]);
  if (parts === null || parts.texts.layer!.text === "layer4") return parts;
  return args.error("rule/bad-argument", args.words[args.index - 1]!, `'${args.label}' expects 'layer4'`);
}

function expectHeader(kind: HeaderKind): () => Action {
  return () => (stream) => {
    (stream as TcpRuleStream).expectHeader(kind);
    return Verdict.next;
  };
}

/** `accept`, `close`, `switch-mode` and `expect-proxy` (manual, section 4.2, tcp-request and tcp-response). */
export const tcpVerdicts: readonly ActionRow[] = [
  {
    name: "accept",
    where: ["tcp-request connection", "tcp-request session", "tcp-request content", "tcp-response content"],
    usage: "",
    help: "Stop evaluating the rules of this ruleset and go on",
    parse: () => NOTHING,
    compile: () => () => Verdict.stop,
  },
  {
    name: "close",
    where: ["tcp-response content"],
    usage: "",
    help: "Close the connection to the server",
    parse: () => NOTHING,
    compile: () => (stream) => {
      (stream as TcpRuleStream).closeServer();
      return Verdict.stop;
    },
  },
  {
    name: "switch-mode",
    where: ["tcp-request content"],
    usage: "http [proto <name>]",
    help: "Take what the client sends for requests from now on",
    parse: (args, { backend }) => {
      if (backend)
        return args.error("config/not-here", args.keyword, "'switch-mode' is for frontends: a backend has no clients");
      const parts = takeTexts(args, [["mode", "a mode"]]);
      if (parts === null) return null;
      if (parts.texts.mode!.text !== "http") {
        return args.error("rule/bad-argument", args.words[args.index - 1]!, "the mode to switch to can only be 'http'");
      }
      if (args.peek()?.text !== "proto") return parts;
      args.next();
      const proto = args.take("the name of a protocol");
      if (proto === null || proto.text === "h1") return proto === null ? null : parts;
      return args.error("config/not-supported", proto, `'switch-mode http proto ${proto.text}' is not supported yet`);
    },
    compile: () => (stream) => {
      (stream as TcpRuleStream).switchMode();
      return Verdict.stop;
    },
  },
  {
    name: "expect-proxy",
    where: ["tcp-request connection"],
    usage: "layer4",
    help: "The connection begins with a PROXY header",
    parse: takeLayer,
    compile: expectHeader("proxy"),
  },
  {
    name: "expect-netscaler-cip",
    where: ["tcp-request connection"],
    usage: "layer4",
    help: "The connection begins with a NetScaler Client IP header",
    parse: takeLayer,
    compile: expectHeader("netscaler"),
  },
];
