import { Args } from "../../lang/args.ts";
import { Diagnostics } from "../../lang/diagnostic.ts";
import type { ProxyContext } from "../context.ts";
import { newProxy, type ProxyDraft } from "../draft.ts";
import type { OptionName } from "../model.ts";
import { type Keyword, KeywordTable, type Where } from "./keyword.ts";
import { OPTION_ROWS, type OptionRow } from "./option-sides.ts";
import { protocolChecks } from "./protocol-checks.ts";
import { optionValues } from "./option-values.ts";
import { knownOptions } from "./known.ts";
import { removedOptions } from "./removed.ts";

const WHERE: Readonly<Record<OptionRow["sides"], readonly Where[]>> = {
  front: ["defaults", "frontend", "listen"],
  back: ["defaults", "listen", "backend"],
  both: ["defaults", "frontend", "listen", "backend"],
};

/** Setting one of these clears the others: they are values of one switch. */
const CONNECTION_MODES: readonly OptionName[] = ["http-keep-alive", "http-server-close", "httpclose"];

function toggle(row: OptionRow): Keyword<ProxyContext> {
  return {
    name: row.name,
    where: WHERE[row.sides],
    usage: "",
    help: row.help,
    invertible: true,
    ...(row.noEffect === undefined ? {} : { noEffect: row.noEffect }),
    parse: (context) => set(context.proxy, row.name, context.modifier === null, context),
  };
}

function set(proxy: ProxyDraft, name: OptionName, on: boolean, context: ProxyContext): void {
  proxy.marks.set(`option ${name}`, context.keyword);
  // What is not said is decided by the mode.
  if (name === "tcp-smart-accept") proxy.smartAccept = on ? true : context.modifier === "no" ? false : null;
  if (!on) {
    delete proxy.options[name];
    return;
  }
  if (CONNECTION_MODES.includes(name)) for (const mode of CONNECTION_MODES) delete proxy.options[mode];
  proxy.options[name] = true;
}

/** `option tcpka` stands for clitcpka and srvtcpka, on the sides the section has. */
const tcpka: Keyword<ProxyContext> = {
  name: "tcpka",
  where: WHERE.both,
  usage: "",
  help: "TCP keepalive on both sides",
  parse: (context) => {
    const { proxy } = context;
    if (proxy.kind !== "backend") set(proxy, "clitcpka", true, context);
    if (proxy.kind !== "frontend") set(proxy, "srvtcpka", true, context);
  },
};

export const options = new KeywordTable<ProxyContext>("option", [
  OPTION_ROWS.map(toggle),
  [tcpka],
  optionValues,
  protocolChecks,
]);

export const optionKeyword: Keyword<ProxyContext> = {
  name: "option",
  where: WHERE.both,
  usage: "<name> [arguments]",
  help: "Turn an optional behaviour on, or off with 'no'",
  invertible: true,
  parse: parseOption,
};

function parseOption(context: ProxyContext, args: Args): void {
  const name = args.take("the name of an option");
  if (name === null) return;
  const row = options.get(name.text);
  const { proxy, modifier } = context;
  if (row === undefined) {
    args.rest();
    const instead = removedOptions.get(name.text);
    if (instead !== undefined) {
      args.error("config/removed", name, `HAProxy no longer has 'option ${name.text}'`, instead);
      return;
    }
    if (knownOptions.has(name.text)) {
      args.error("config/not-supported", name, `'option ${name.text}' is known to HAProxy, not supported yet`);
      return;
    }
    const near = options.suggest(name.text, [...knownOptions]);
    args.error(
      "config/unknown-keyword",
      name,
      `there is no option '${name.text}'`,
      near === null ? undefined : `did you mean 'option ${near}'?`,
    );
    return;
  }
  const inner = args.sub(name, `option ${row.name}`, row.usage);
  args.rest();
  if (modifier !== null && !row.invertible) {
    inner.error("config/no-not-allowed", context.keyword, `'${modifier}' is not possible before 'option ${row.name}'`);
    return;
  }
  if (!row.where.includes(proxy.kind)) {
    const side = proxy.kind === "frontend" ? "backend" : "frontend";
    inner.warn(
      "config/ignored-here",
      name,
      `'option ${row.name}' is ignored: ${proxy.kind} '${proxy.name}' has no ${side} side`,
    );
    // What it takes must be right all the same.
    const scratch = new Diagnostics();
    const again = new Args(name, inner.words, scratch, inner.label, inner.usage, inner.index);
    const nowhere = newProxy("listen", proxy.name, proxy.nameWord);
    row.parse({ ...context, proxy: nowhere, diagnostics: scratch, keyword: name }, again);
    if (!scratch.failed && row.extra !== "warning") again.end();
    context.diagnostics.list.push(...scratch.list.filter((d) => d.severity === "error"));
    return;
  }
  if (row.noEffect !== undefined && modifier === null) {
    inner.warn("config/no-effect", name, `'option ${row.name}' has no effect here: ${row.noEffect}`);
  }
  const before = context.diagnostics.list.length;
  row.parse({ ...context, keyword: name }, inner);
  if (context.diagnostics.list.slice(before).some((d) => d.severity === "error")) return;
  if (row.extra === "warning") inner.ignoreRest();
  else inner.end();
}
