import type { TextModel } from "../config/model.ts";
import { textOf } from "../lang/line.ts";
import { byKey, NO_KEY } from "./keyed.ts";

interface HashModel {
  readonly kind: "hash";
  readonly expression: TextModel;
}

/** `balance hash EXPR`: by the result of a sample expression, which the stream evaluates. */
export const hash = byKey<HashModel>({
  name: "hash",
  usage: "hash <expression>",
  help: "Hash of a sample expression",
  http: false,
  parse(args) {
    const word = args.take("a sample expression");
    if (word === null) return null;
    const extra = args.next();
    if (extra === null) return { kind: "hash", expression: textOf(word) };
    return args.error("config/extra-argument", extra, `'balance hash' takes one expression, not '${extra.text}' too`);
  },
  key: (_model, hashText) => (request) => {
    const value = request.expression();
    return value === null ? NO_KEY : hashText(value, 0, value.length);
  },
});
