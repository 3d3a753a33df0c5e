import type { Word } from "../../lang/line.ts";
import { Acl } from "./acl.ts";
import { type AclEnvironment, parseAclExpr } from "./parse.ts";
import { predefinedAcls } from "./predefined.ts";

/** The ACLs of one proxy, by name. */
export class AclTable {
  private readonly acls = new Map<string, Acl>();
  private readonly predefined = new Map<string, Acl | null>();

  constructor(readonly env: AclEnvironment) {}

  /** `acl <name> <criterion> …`: the words from the keyword on. False after an error was reported. */
  define(words: readonly Word[]): boolean {
    const { diagnostics } = this.env;
    const keyword = words[0]!;
    const name = words[1];
    if (name === undefined || name.text === "") {
      diagnostics.error("acl/missing-name", { ...keyword.at, column: keyword.endColumn }, "'acl' expects a name", {
        hint: "usage: acl <name> <criterion> [flags] [operator] [values...]",
      });
      return false;
    }
    const options = { endColumn: name.endColumn };
    const bad = /[^A-Za-z0-9_.:-]/.exec(name.text);
    if (bad !== null) {
      const message = `character '${bad[0]}' is not permitted in acl name '${name.text}'`;
      diagnostics.error("acl/bad-name", { ...name.at, column: name.at.column + bad.index }, message);
      return false;
    }
    if (name.text.toLowerCase() === "or") {
      diagnostics.error(
        "acl/bad-name",
        name.at,
        `an acl cannot be called '${name.text}', which joins conditions`,
        options,
      );
      return false;
    }
    let acl = this.acls.get(name.text);
    // The name is known even when the line is wrong, so that its uses are not reported as well.
    if (acl === undefined) this.acls.set(name.text, (acl = new Acl(name.text, name.at, false)));
    const expr = parseAclExpr(words.slice(2), name, this.env);
    if (expr === null) return false;
    acl.exprs.push(expr);
    return true;
  }

  /** Null when there is no such name. Predefined ones are compiled at their first use, whose place they take in messages. */
  find(word: Word, name: string): Acl | null {
    const own = this.acls.get(name);
    if (own !== undefined) return own;
    const known = this.predefined.get(name);
    if (known !== undefined) return known;
    const texts = predefinedAcls.get(name);
    if (texts === undefined) return null;
    const expr = parseAclExpr(
      texts.map((text) => ({ ...word, text })),
      word,
      this.env,
    );
    const acl = new Acl(name, word.at, true);
    if (expr !== null) acl.exprs.push(expr);
    this.predefined.set(name, acl);
    return acl;
  }

  /** Names a condition may use, for suggestions. */
  *names(): Iterable<string> {
    yield* this.acls.keys();
    yield* predefinedAcls.keys();
  }

  /** The ACLs declared here, in order; `uses` tells the checker which are unused. */
  declared(): Iterable<Acl> {
    return this.acls.values();
  }
}
