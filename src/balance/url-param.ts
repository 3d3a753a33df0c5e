import { integerOf, takeChoice } from "../lang/values.ts";
import { byKey, NO_KEY } from "./keyed.ts";

interface UrlParamModel {
  readonly kind: "url_param";
  readonly name: string;
  /** Bytes of a body to wait for; 0 = without `check_post`. */
  readonly checkPost: number;
}

/**
 * `balance url_param NAME [check_post]`: by a parameter of the query string, else of the body of a POST. HAProxy 2.6 looks into
 * any body it has buffered, with `check_post` or without, so what counts is whether the stream offers one.
 */
export const urlParam = byKey<UrlParamModel>({
  name: "url_param",
  usage: "url_param <name> [check_post]",
  help: "Hash of a parameter of the query",
  http: true,
  parse(args) {
    const name = args.take("the name of a parameter");
    if (name === null) return null;
    if (args.done) return { kind: "url_param", name: name.text, checkPost: 0 };
    if (takeChoice(args, ["check_post"]) === null) return null;
    // HAProxy once took a number of bytes to wait for; it still reads over it.
    const limit = args.next();
    const bytes = limit === null ? 48 : integerOf(args, limit, { lax: true });
    return bytes === null ? null : { kind: "url_param", name: name.text, checkPost: Math.max(bytes, 1) };
  },
  text: ({ name }) => `url_param ${name}`,
  key:
    ({ name }, hash) =>
    (request) => {
      const value = request.urlParam(name) ?? request.bodyParam(name);
      return value === null ? NO_KEY : hash(value, 0, value.length);
    },
});
