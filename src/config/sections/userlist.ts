import { crypt } from "../../ffi/crypt.ts";
import { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import { suggest } from "../../lang/suggest.ts";
import type { UserlistModel } from "../model.ts";
import type { ParseState, Section, SectionBody } from "./section.ts";

interface UserDraft {
  readonly name: string;
  password: string | null;
  plain: boolean;
  /** Names of `groups`, with the word they stand in. */
  groups: readonly Named[];
}

interface GroupDraft {
  readonly name: string;
  users: readonly Named[] | null;
}

/** One name of a comma-separated list. */
export interface Named {
  readonly name: string;
  readonly word: Word;
}

export interface UserlistDraft {
  readonly name: string;
  readonly word: Word;
  readonly users: UserDraft[];
  readonly groups: GroupDraft[];
}

const KEYWORDS: Readonly<Record<string, { usage: string; parse: (list: UserlistDraft, args: Args) => void }>> = {
  group: { usage: "<name> [users <user>[,<user>]*]", parse: parseGroup },
  user: {
    usage: "<name> [{password | insecure-password} <password>] [groups <group>[,<group>]*]",
    parse: parseUser,
  },
};

/** `userlist <name>` with its lines `group` and `user` (manual, section 3.4). */
export const userlistSection: Section = {
  name: "userlist",
  usage: "<name>",
  help: "Users, passwords and groups for http_auth()",
  open,
};

function open(state: ParseState, line: Parameters<Section["open"]>[1]): SectionBody {
  const { diagnostics, userlists } = state;
  const args = new Args(line.words[0], line.words.slice(1), diagnostics, "userlist", userlistSection.usage);
  const word = args.take("a name");
  if (word !== null && args.end() && validName(args, word)) {
    if (userlists.some((list) => list.name === word.text)) {
      // As in HAProxy its lines go to the list that was opened last.
      args.warn("config/duplicate-name", word, `there is a userlist '${word.text}' already: this line is ignored`);
    } else userlists.push({ name: word.text, word, users: [], groups: [] });
  }
  const list = userlists[userlists.length - 1] ?? { name: "", word: line.words[0], users: [], groups: [] };
  return (body, at) => {
    const keyword = body.words[at]!;
    const row = KEYWORDS[keyword.text];
    if (row === undefined) {
      const near = suggest(keyword.text, Object.keys(KEYWORDS));
      const hint = near === null ? {} : { hint: `did you mean '${near}'?` };
      const message = `unknown keyword '${keyword.text}' in section 'userlist'`;
      diagnostics.error("config/unknown-keyword", keyword.at, message, { endColumn: keyword.endColumn, ...hint });
      return;
    }
    row.parse(list, new Args(keyword, body.words.slice(at + 1), diagnostics, keyword.text, row.usage));
  };
}

function validName(args: Args, word: Word): boolean {
  const bad = /[^A-Za-z0-9_:.-]/.exec(word.text);
  if (bad === null) return true;
  const message = `'${bad[0]}' is not possible in the ${args.label} name '${word.text}'`;
  args.error("config/bad-name", word, message, "letters, digits, '-', '_', '.' and ':'");
  return false;
}

/** The name behind the keyword; null after a complaint, or when there is one of that name already. */
function takeName(args: Args, taken: readonly { readonly name: string }[]): string | null {
  const word = args.take("a name");
  if (word === null || (args.label === "group" && !validName(args, word))) return null;
  if (!taken.some(({ name }) => name === word.text)) return word.text;
  args.warn("config/duplicate-name", word, `there is a ${args.label} '${word.text}' already: this line is ignored`);
  return null;
}

function names(word: Word): readonly Named[] {
  return word.text.split(",").flatMap((name) => (name === "" ? [] : [{ name, word }]));
}

function parseGroup(list: UserlistDraft, args: Args): void {
  const name = takeName(args, list.groups);
  if (name === null) return;
  const group: GroupDraft = { name, users: null };
  for (let word = args.next(); word !== null; word = args.next()) {
    if (word.text !== "users") return unknown(args, word);
    if (group.users !== null) {
      args.warn("config/duplicate-keyword", word, `group '${name}' has 'users' already: only the last ones count`);
    }
    const users = args.take("users");
    if (users === null) return;
    group.users = names(users);
  }
  list.groups.push(group);
}

function parseUser(list: UserlistDraft, args: Args): void {
  const name = takeName(args, list.users);
  if (name === null) return;
  const user: UserDraft = { name, password: null, plain: false, groups: [] };
  for (let word = args.next(); word !== null; word = args.next()) {
    if (word.text !== "password" && word.text !== "insecure-password" && word.text !== "groups") {
      return unknown(args, word);
    }
    const value = args.take(`a value behind '${word.text}'`);
    if (value === null) return;
    if (word.text === "groups") user.groups = names(value);
    else {
      user.password = value.text;
      user.plain = word.text === "insecure-password";
      if (!user.plain && crypt("", value.text) === null) {
        args.warn(
          "config/bad-password",
          value,
          `crypt(3) does not know the method of this password: user '${name}' can never log in`,
          "a password that is not encrypted is written behind 'insecure-password'",
        );
      }
    }
  }
  if (user.password === null) {
    args.warn("config/no-password", args.keyword, `user '${name}' has no password and can never log in`);
  }
  list.users.push(user);
}

function unknown(args: Args, word: Word): void {
  args.error(
    "config/bad-value",
    word,
    `'${args.label}' does not know the argument '${word.text}'`,
    `usage: ${args.label} ${args.usage}`,
  );
}

export function userlistModel({ name, word, users, groups }: UserlistDraft): UserlistModel {
  return {
    at: word.at,
    name,
    groups: groups.map((group) => group.name),
    users: users.map((user) => {
      const members = groups.filter(({ users: members }) => members?.some((one) => one.name === user.name));
      const all = new Set([...user.groups.map((one) => one.name), ...members.map((one) => one.name)]);
      return { name: user.name, password: user.password, plain: user.plain, groups: [...all] };
    }),
  };
}
