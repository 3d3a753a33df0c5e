/** Errors of rules at their place: severity, line:column-endColumn, code. */
import { expect, test } from "bun:test";
import { parseText } from "../testing.helper.ts";

const HEAD =
  "defaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\nfrontend f\n bind :80\n";

/** Findings of lines of an HTTP frontend; its first line is line 8. */
function findings(lines: string): string[] {
  const { diagnostics } = parseText(`${HEAD}${lines}\n default_backend b\nbackend b\n server s 127.0.0.1:80\n`);
  return diagnostics.list.map((d) => `${d.severity} ${d.at.line}:${d.at.column}-${d.endColumn} ${d.code}`);
}

const wrong: readonly (readonly [lines: string, ...found: string[]])[] = [
  [" http-request", "error 8:14-15 config/missing-argument"],
  [" http-request dney", "error 8:15-19 rule/unknown-action"],
  [" http-request set-status 200", "error 8:15-25 rule/unknown-action"],
  [" http-request normalize-uri path-merge-slashes", "error 8:15-28 rule/experimental"],
  [" http-request deny deny_status 42", "error 8:32-34 rule/bad-status"],
  [" http-request deny deny_status 418", "error 8:32-35 rule/bad-status"],
  [" http-request deny zork", "error 8:20-24 rule/bad-argument"],
  [" http-request deny if", "error 8:22-23 config/missing-argument"],
  [" http-request deny if nope", "error 8:23-27 acl/undefined"],
  [" http-request deny if !nope", "error 8:24-28 acl/undefined"],
  [" http-request deny if { path /a", "error 8:23-24 acl/unclosed-brace"],
  [" http-request deny if { zork /a }", "error 8:25-29 expr/unknown-fetch"],
  [" acl a zork", "error 8:8-12 expr/unknown-fetch"],
  [" acl or path /", "error 8:6-8 config/bad-name"],
  [" acl a!b path /", "error 8:6-9 config/bad-name"],
  [" http-request deny if a\n acl a path /", "error 8:23-24 acl/undefined"],
  [" http-request set-header X", "error 8:27-28 config/missing-argument"],
  [" http-request set-header X y z", "error 8:30-31 rule/extra-argument"],
  [" http-request set-header X %[zork]", "error 8:30-34 expr/unknown-fetch"],
  [' http-request set-header X "a %[zork]"', "error 8:33-37 expr/unknown-fetch"],
  [" http-request set-header X %[path,zork]", "error 8:35-39 expr/unknown-converter"],
  [" http-request set-header X %[res.hdr(a)]", "error 8:30-37 expr/phase"],
  [" http-request set-header X %zork", "error 8:28-33 logformat/unknown"],
  [" http-request set-header Content-Length 5", "error 8:26-40 rule/framing-header"],
  [" http-request replace-header X ( y", "error 8:32-33 rule/bad-regex"],
  [" http-request set-var path", "error 8:15-22 rule/bad-argument"],
  [" http-request set-var(zork.x) path", "error 8:23-29 rule/bad-variable"],
  [" http-request set-var(txn.x) zork", "error 8:30-34 expr/unknown-fetch"],
  [" http-request redirect", "error 8:15-23 config/missing-argument"],
  [" http-request redirect location / code 200", "error 8:40-43 rule/bad-status"],
  [" http-request return string hello", "error 8:15-21 rule/missing-content-type"],
  [" redirect zork", "error 8:11-15 rule/bad-argument"],
  [" use_backend", "error 8:13-14 config/missing-argument"],
  [" use_backend c", "error 8:14-15 config/unknown-backend"],
  [" use_backend b when x", "error 8:16-20 rule/extra-argument"],
  [" use_backend b if nope", "error 8:19-23 acl/undefined"],
  [" use_backend %[zork]", "error 8:16-20 expr/unknown-fetch"],
];

for (const [lines, ...found] of wrong) {
  test(lines.trim().replaceAll("\n", " |"), () => expect(findings(lines)).toEqual(found));
}

test("rules in defaults sections need a name, and one kind of heirs", () => {
  const { diagnostics } = parseText(
    `defaults\n acl a path /\ndefaults d\n mode http\n http-request deny\nlisten l from d\n${HEAD}`,
  );
  const refused = diagnostics.list
    .filter(({ severity }) => severity === "error")
    .map(({ at, code }) => [at.line, code]);
  expect(refused).toEqual([
    [2, "config/not-here"],
    [6, "config/inherited-rules"],
  ]);
});

test("ACLs on samples of another phase are warned about", () => {
  const { diagnostics } = parseText(
    `${HEAD} acl late res.hdr(x) a\n acl mixed res.hdr(x) a\n acl mixed path /b\n http-request deny if late\n` +
      ` http-request deny if mixed\n http-response deny if late\n http-response deny if { path /a }\n http-request deny if { src 127.0.0.1 }\n`,
  );
  const found = diagnostics.list.filter(({ code }) => code === "acl/phase").map(({ message }) => message);
  expect(found).toEqual([
    "ACL 'late' never matches: 'res.hdr(x)' is not available in http-request rules",
    "ACL 'mixed' has a line that never matches: 'res.hdr(x)' is not available in http-request rules",
    "this ACL never matches: 'path' is not available in http-response rules",
  ]);
});

test("an ACL of the frontend is unknown in the backend", () => {
  const { diagnostics } = parseText(
    `${HEAD} acl a path /\n default_backend b\nbackend b\n http-request deny if a\n server s 127.0.0.1:80\n`,
  );
  expect(diagnostics.list.map(({ at, code }) => [at.line, at.column, code])).toEqual([[11, 23, "acl/undefined"]]);
});

test("good rules pass and reach the model", () => {
  const { model, diagnostics } = parseText(
    `${HEAD} acl a path /\n http-request set-header X "%[src] y" unless a\n use_backend b if !a or { method GET }\n` +
      ` default_backend b\nbackend b\n http-response del-header X\n server s 127.0.0.1:80\n`,
  );
  expect(diagnostics.list).toEqual([]);
  const [front, back] = model.proxies;
  expect(front!.httpRequest[0]).toMatchObject({
    action: { kind: "set-header", texts: { value: { text: "%[src] y", at: { line: 9, column: 29 } } } },
    condition: { unless: true, words: [{ text: "a" }] },
  });
  expect(front!.useBackend[0]!.condition!.words.map(({ text }) => text).join(" ")).toBe("!a or { method GET }");
  expect(back!.httpResponse[0]!.action.kind).toBe("del-header");
  expect(JSON.parse(JSON.stringify(model))).toEqual(model);
});
