import type { CodeInfo } from "./code.ts";
import { row } from "./row.ts";

/** Actions of rules. */
export const ruleCodes: readonly CodeInfo[] = [
  row(
    "rule/unknown-action",
    "no such action in this ruleset",
    "'tlb help actions' lists the actions and the rulesets that take them.",
    "http-request denny",
    "http-request deny",
  ),
  row(
    "rule/bad-argument",
    "an argument the action does not know",
    "The hint shows what the action takes.",
    "http-request set-log-level loud",
    "http-request set-log-level debug",
  ),
  row(
    "rule/extra-argument",
    "words between an action and its condition",
    "Behind the arguments of an action stands 'if', 'unless' or nothing. Text with spaces needs quotes or backslashes.",
    "http-request set-header x a b",
    'http-request set-header x "a b"',
  ),
  row(
    "rule/bad-status",
    "a status that is not possible here",
    "Answers have a status from 200 to 599, error pages and redirections one of a few.",
    "http-request redirect location /a code 200",
    "http-request redirect location /a code 302",
  ),
  row(
    "rule/needs-backend",
    "an action for backends, in a frontend",
    "It changes what happens between tlb and the server, which only a backend or a listen section decides.",
    "frontend f\n  http-request set-timeout server 5s",
    "backend b\n  http-request set-timeout server 5s",
  ),
  row(
    "rule/unknown-service",
    "no such service",
    "'use-service' names a service that is built in; services in Lua do not exist here.",
    "http-request use-service lua.hello",
    "http-request return status 200 content-type text/plain string hello",
  ),
  row(
    "rule/bad-regex",
    "not a regular expression",
    "The message tells what is wrong.",
    "http-request replace-path ( /",
    "http-request replace-path ^/a /",
  ),
  row(
    "rule/bad-variable",
    "not a variable",
    "Variables are SCOPE.NAME; scopes are proc, sess, txn, req, res and check.",
    "http-request set-var(foo.a) path",
    "http-request set-var(txn.a) path",
  ),
  row(
    "rule/missing-content-type",
    "a body without its type",
    "An answer with a body needs 'content-type'.",
    "http-request return string hello",
    "http-request return content-type text/plain string hello",
  ),
  row(
    "rule/unused-content-type",
    "a type without a body",
    "The answer has no body, so the content type is ignored.",
    "http-request return content-type text/plain",
    "http-request return status 204",
  ),
  row(
    "rule/two-bodies",
    "two bodies for one answer",
    "One of string, lf-string, file, lf-file, errorfile.",
    "http-request return content-type text/plain string a string b",
    "http-request return content-type text/plain string a",
  ),
  row(
    "rule/experimental",
    "an action HAProxy calls experimental",
    "It needs 'expose-experimental-directives' in the global section, above the line.",
    "http-request normalize-uri path-merge-slashes",
  ),
  row(
    "rule/no-slot",
    "no such capture slot",
    "'capture … id N' fills the Nth 'declare capture' line of the frontend, counted from 0.",
    "http-request capture path id 3",
    "declare capture request len 40\nhttp-request capture path id 0",
  ),
  row(
    "rule/ignored-header",
    "a header the answer sets itself",
    "content-length, content-type and the like follow from the body.",
    "http-request return content-type text/plain string a hdr content-length 5",
    "http-request return content-type text/plain string a hdr x-a 5",
  ),
  row(
    "rule/unknown-file",
    "a rule about a list that nobody reads",
    "add-acl, del-acl, set-map and del-map change the patterns of a file; no ACL and no map of the configuration reads this one, so the rule has no effect.",
  ),
];
