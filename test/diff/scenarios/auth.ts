/** Userlists, http_auth() and http_auth_group(), the action auth. */
import { echo, get, http, sends } from "../build.ts";
import type { Scenario } from "../scenario.ts";

/** Passwords of bob and carol: "Hello world!" and "password". */
const LISTS = `
userlist staff
    group admins users alice,bob
    group readers
    user alice insecure-password secret
    user bob password $5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5 groups readers
    user carol password $1$salt$qJH7.N4xYta3aEG/dfqo/0
    user dave insecure-password a:b groups readers
userlist empty
`;

function basic(user: string, password: string, scheme = "Basic"): string {
  return `Authorization: ${scheme} ${Buffer.from(`${user}:${password}`, "latin1").toString("base64")}`;
}

const credentials = [
  get("/"),
  get("/", basic("alice", "secret")),
  get("/", basic("alice", "Secret")),
  get("/", basic("bob", "Hello world!")),
  get("/", basic("bob", "wrong")),
  get("/", basic("carol", "password")),
  get("/", basic("dave", "a:b")),
  get("/", basic("nobody", "secret")),
  get("/", basic("alice", "secret", "basic")),
  get("/", basic("alice", "secret", "Bearer")),
  get("/", "Authorization: Basic ###"),
  get("/", "Authorization: Basic"),
  get("/", `${basic("alice", "secret")}`, basic("bob", "x")),
];

function one(name: string, rules: string, requests: readonly string[] = credentials): Scenario {
  return {
    name: `auth: ${name}`,
    config: LISTS.replaceAll(/userlist (\w+)/g, "userlist $1-{list}") + http({ frontend: rules }),
    servers: { s1: echo },
    client: sends(...requests),
  };
}

const page =
  "HTTP/1.0 401 Sign in\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nWWW-Authenticate: Digest\r\n\r\nno";

export const auth: readonly Scenario[] = [
  one("auth unless http_auth", "http-request auth unless { http_auth(staff-{list}) }"),
  one("auth with a realm", 'http-request auth realm "Staff only" unless { http_auth(staff-{list}) }', [
    credentials[0]!,
  ]),
  one("a list without users", "http-request auth unless { http_auth(empty-{list}) }", credentials.slice(0, 3)),
  one("groups", "http-request deny unless { http_auth_group(staff-{list}) admins }"),
  one("several groups", "http-request deny unless { http_auth_group(staff-{list}) readers admins }"),
  one("groups -i", "http-request deny unless { http_auth_group(staff-{list}) -i admins }"),
  one("group in a header", "http-request set-header x-user %[http_auth_group(staff-{list})]"),
  one("http_auth in a header", "http-request set-header x-ok %[http_auth(staff-{list})]"),
  one("user and type", "http-request set-header x-user %[http_auth_user]/%[http_auth_pass]/%[http_auth_type]"),
  one("HEAD", "http-request auth", ["HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"]),
  one("POST", "http-request auth", ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"]),
  one("version 1.0", "http-request auth", ["GET / HTTP/1.0\r\n\r\n"]),
  one("after-response", "http-request auth\nhttp-after-response set-header x-a 1", [get("/")]),
  one("a proxy's client", "http-request auth\noption http-use-proxy-header", [
    "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
  ]),
  one(
    "a proxy's client that logs in",
    "http-request auth unless { http_auth(staff-{list}) }\noption http-use-proxy-header",
    [
      `GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nProxy-${basic("alice", "secret")}\r\n\r\n`,
      `GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n${basic("alice", "secret")}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: a.test\r\n${basic("alice", "secret")}\r\n\r\n`,
    ],
  ),
  {
    name: "auth: the page of errorfile 401",
    config: http({ frontend: "errorfile 401 {file:page}\nhttp-request auth" }),
    files: { page },
    servers: { s1: echo },
    client: sends(get("/")),
  },
  {
    name: "auth: in the backend",
    config:
      LISTS.replaceAll(/userlist (\w+)/g, "userlist $1-{list}") +
      http({ backend: "http-request auth unless { http_auth(staff-{list}) }" }),
    servers: { s1: echo },
    client: sends(...credentials.slice(0, 2)),
  },
];
