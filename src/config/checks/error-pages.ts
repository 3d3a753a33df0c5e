import type { ErrorPageDraft } from "../draft.ts";
import type { ErrorPageModel } from "../model.ts";
import { type Check, eachProxy, errorAt, title, warnAt } from "./check.ts";

/** Puts the pages of http-errors sections where `errorfiles` asks for them. */
export const resolveErrorPages: Check = eachProxy((proxy, { httpErrors, diagnostics }) => {
  const complained = new Set<unknown>();
  const resolve = (page: ErrorPageDraft | null, status: number): ErrorPageModel | null => {
    if (page === null || page.kind !== "section") return page;
    const section = httpErrors.find(({ name }) => name === page.name);
    if (section === undefined) {
      const message = `there is no http-errors section '${page.name}' for ${title(proxy)}`;
      if (!complained.has(page.word)) errorAt(diagnostics, page.word, "config/unknown-section", message);
      complained.add(page.word);
      return null;
    }
    const bytes = section.pages[status];
    if (bytes !== undefined) return { kind: "file", path: `http-errors ${page.name}`, bytes };
    if (page.asked) {
      const message = `the http-errors section '${page.name}' has no page for status ${status}`;
      warnAt(diagnostics, page.word, "config/no-page", message);
    }
    return resolve(page.before, status);
  };
  const errors: Record<number, ErrorPageModel> = {};
  for (const [key, page] of Object.entries(proxy.errors)) {
    const found = resolve(page, Number(key));
    if (found !== null) errors[Number(key)] = found;
  }
  proxy.errors = errors;
});
