import { takeTexts } from "../parts.ts";
import { type ActionRow, type RuleCompiler, type RuleSet, type TextMaker, type TextModel, Verdict } from "../types.ts";
import type { PatternChange } from "../../expr/changes.ts";

const WHERE: readonly RuleSet[] = ["http-request", "http-response"];

/** HAProxy keeps texts that end with a NUL. */
function upToNul(text: string): string {
  const nul = text.indexOf("\0");
  return nul < 0 ? text : text.slice(0, nul);
}

function change(name: string, op: PatternChange["op"], help: string): ActionRow {
  const texts: [string, string][] = [["key", "a key"]];
  if (op === "set") texts.push(["value", "a value"]);
  return {
    name,
    where: WHERE,
    parenthesis: "needed",
    usage: `(<file>) <key fmt>${op === "set" ? " <value fmt>" : ""}`,
    help,
    parse: (args) => takeTexts(args, texts),
    compile: ({ texts: { argument, key, value } }, rc) => {
      const keyOf = rc.format(key!);
      const valueOf = value === undefined ? nothing : rc.format(value);
      if (keyOf === null || valueOf === null) return null;
      return act(argument!, op, keyOf, valueOf, rc);
    },
  };
}

const nothing: TextMaker = () => "";

function act(file: TextModel, op: PatternChange["op"], keyOf: TextMaker, valueOf: TextMaker, rc: RuleCompiler) {
  const patterns = rc.patterns(file);
  const { text } = file;
  return (stream: Parameters<TextMaker>[0]): number => {
    patterns.change({ kind: "pattern", file: text, op, key: upToNul(keyOf(stream)), value: upToNul(valueOf(stream)) });
    return Verdict.next;
  };
}

/** `set-map`, `del-map`, `add-acl`, `del-acl` (manual, section 4.2): changes of files that ACLs and maps name. */
export const patternActions: readonly ActionRow[] = [
  change("set-map", "set", "Set the value of a key of a map file, in memory"),
  change("del-map", "delete", "Delete a key of a map file, in memory"),
  change("add-acl", "add", "Add a pattern to an ACL file, in memory"),
  change("del-acl", "delete", "Delete a pattern of an ACL file, in memory"),
];
