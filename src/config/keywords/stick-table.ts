import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import { suggest } from "../../lang/suggest.ts";
import type { ProxyContext } from "../context.ts";
import type { Draft } from "../draft.ts";
import type { StickTableModel, StoredModel, TableKeyType } from "../model.ts";
import { dataType, dataTypes, type DataTypeName, excludedBy } from "../../table/types.ts";
import { parseSize } from "../../lang/units.ts";
import { takeChoice, takeInteger, takeTime } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";
import { parseDataType } from "./stick-table-data.ts";
import { PROXY_ONLY } from "./where.ts";

/** Bytes of a key; 0 = as many as are written, or 31 for a `string` and 32 for a `binary`. */
const KEY_TYPES: Readonly<Record<TableKeyType, number>> = { ip: 4, ipv6: 16, integer: 4, string: 31, binary: 32 };
const LONGEST_KEY = 16384;
const MOST_ENTRIES = 0xffffffff;

/** Parameters that only mean something between peers, and those of newer versions. */
const LATER = ["peers", "write-to", "recv-only", "brates-factor"];

interface TableDraft extends Omit<Draft<StickTableModel>, "store" | "keyType"> {
  keyType: TableKeyType | null;
  readonly store: Map<DataTypeName, StoredModel>;
}

type Parameter = (draft: TableDraft, args: Args) => void;

const parameters: Readonly<Record<string, Parameter>> = {
  type: (draft, args) => {
    const type = takeChoice(args, Object.keys(KEY_TYPES) as TableKeyType[], "a type of key:");
    if (type === null) return;
    draft.keyType = type;
    draft.keyLength = KEY_TYPES[type];
    if ((type !== "string" && type !== "binary") || args.peek()?.text !== "len") return;
    const sub = args.sub(args.next()!, "len", "<bytes>");
    draft.keyLength = takeInteger(sub, { min: 1, max: LONGEST_KEY }) ?? draft.keyLength;
    args.index = sub.index;
  },
  size: (draft, args) => {
    const word = args.take("a number of entries such as 100k");
    if (word === null) return;
    const result = parseSize(word.text);
    if (result.ok && result.value > 0) draft.size = result.value;
    else if (result.ok) args.error("config/out-of-range", word, "a stick table has at least one entry");
    else if (result.problem.kind === "overflow")
      args.error("config/out-of-range", word, `a stick table has at most ${MOST_ENTRIES} entries`);
    else
      args.error(
        "config/bad-size",
        word,
        `'${word.text}' is no number of entries`,
        "a number, optionally with k, m or g",
      );
  },
  expire: (draft, args) => {
    draft.expire = takeTime(args) ?? draft.expire;
  },
  nopurge: (draft) => {
    draft.noPurge = true;
  },
  srvkey: (draft, args) => {
    draft.serverKey = takeChoice(args, ["name", "addr"]) ?? draft.serverKey;
  },
  store: (draft, args) => {
    const word = args.next();
    if (word === null) {
      args.warn("config/missing-argument", args.keyword, "'store' without data types has no effect", typesHint());
      return;
    }
    let at = 0;
    while (at < word.text.length) {
      const parsed = parseDataType(args, word, at);
      if (parsed === null) return;
      at = parsed.end;
      addType(draft, args, parsed.stored, parsed.word);
    }
  },
};

function addType(draft: TableDraft, args: Args, stored: StoredModel, word: Word): void {
  if (draft.store.has(stored.type)) {
    args.warn("config/duplicate-keyword", word, `'${word.text}' is stored already: the first one counts`);
    return;
  }
  const other = excludedBy(dataType(stored.type)!).find((name) => draft.store.has(name as DataTypeName));
  if (other !== undefined) {
    const message = `'${stored.type}' and '${other}' cannot be stored in the same table`;
    args.error("config/bad-value", word, message, "the array holds them all: gpc0 is the first element of gpc");
    return;
  }
  draft.store.set(stored.type, stored);
}

function typesHint(): string {
  return `one of ${dataTypes.map(({ name }) => name).join(", ")}`;
}

function readParameters(draft: TableDraft, args: Args): boolean {
  for (let word = args.next(); word !== null; word = args.next()) {
    const { text } = word;
    const before = args.diagnostics.list.length;
    if (Object.hasOwn(parameters, text)) {
      const sub = args.sub(word, `stick-table ... ${text}`, "");
      parameters[text]!(draft, sub);
      args.index = sub.index;
    } else if (LATER.includes(text)) {
      args.error("config/not-supported", word, `'stick-table ... ${text}' is known to HAProxy, not supported yet`);
    } else {
      const near = suggest(text, [...Object.keys(parameters), ...LATER]);
      const hint = near === null ? undefined : `did you mean '${near}'?`;
      args.error("config/unknown-keyword", word, `'stick-table' has no parameter '${text}'`, hint);
    }
    if (args.diagnostics.list.slice(before).some(({ severity }) => severity === "error")) {
      args.rest();
      return false;
    }
  }
  return true;
}

/** What a table stores, in the order it is kept and shown. */
function inOrder(store: ReadonlyMap<DataTypeName, StoredModel>): StoredModel[] {
  return dataTypes.flatMap(({ name }) => store.get(name) ?? []);
}

/** `stick-table` (manual, section 4.2 and 11.1). */
export const stickTableKeyword: Keyword<ProxyContext> = {
  name: "stick-table",
  where: PROXY_ONLY,
  misplaced: "error",
  usage:
    "type {ip | ipv6 | integer | string [len <bytes>] | binary [len <bytes>]} size <entries> [expire <time>] [nopurge] " +
    "[srvkey {name | addr}] [store <type>[(<arguments>)][,...]]...",
  help: "A table of clients, or whatever else its key is, and what is counted of them",
  parse: ({ proxy }, args) => {
    const { keyword } = args;
    const draft: TableDraft = {
      at: keyword.at,
      name: proxy.name,
      keyType: null,
      keyLength: 0,
      size: 0,
      expire: 0,
      noPurge: false,
      serverKey: "name",
      store: new Map(),
    };
    const before = proxy.marks.get("own stick-table");
    if (before !== undefined) {
      const message = `there is a stick table of this name already, at line ${before.at.line}`;
      args.error("config/duplicate-name", keyword, message, "a section has one; extra backends can hold more");
      args.rest();
      return;
    }
    proxy.marks.set("own stick-table", keyword);
    if (!readParameters(draft, args)) return;
    const { keyType } = draft;
    if (keyType === null) return void args.error("config/missing-argument", keyword, "a stick table needs a 'type'");
    if (draft.size === 0) return void args.error("config/missing-argument", keyword, "a stick table needs a 'size'");
    proxy.stickTable = { ...draft, keyType, store: inOrder(draft.store) };
  },
};

/** Makes a section's table store what its rules need (`stick` rules: server_id), unless it does. */
export function ensureStored(table: StickTableModel, type: DataTypeName): StickTableModel {
  if (table.store.some((stored) => stored.type === type)) return table;
  const store = new Map(table.store.map((stored) => [stored.type, stored] as const));
  store.set(type, { type, count: 1, period: 0 });
  return { ...table, store: inOrder(store) };
}
