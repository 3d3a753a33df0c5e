/** Frontends, limits, checks, dynamic cookies and variables through the runtime API. */
import { get, http, mirror } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

/** Answers of commands, one after the other. */
function session(name: string, config: string, commands: readonly string[], more: Partial<Scenario> = {}): Scenario {
  return {
    name: `runtime state: ${name}`,
    config,
    servers: { s1: mirror },
    alone: true,
    async client(talk) {
      for (const [i, command] of commands.entries()) talk.note(`${i} ${command}`, await talk.command(command));
    },
    ...more,
  };
}

/** What a connection to the frontend comes to: its first line, refused, or nothing in half a second. */
async function outcome(talk: Talk): Promise<string> {
  const asked = talk.once(get()).then(
    (answer) => answer.slice(0, 12),
    (error: unknown) => (String(error).includes("REFUSED") ? "refused" : "failed"),
  );
  return Promise.race([asked, talk.sleep(500).then(() => "nothing")]);
}

const VARIABLES = `
    set-var proc.one int(5)
    set-var proc.two str(abc\\ d)
    set-var-fmt proc.f "%[str(x)]"
    set-var proc.b bool(true)
    set-var proc.ip ipv4(1.2.3.4)
    set-var proc.six ipv6(2001:db8::1)
    set-var proc.neg int(-7)
`;

const column = (csv: string, row: string, name: string): string => {
  const [head = "", ...lines] = csv.split("\n");
  const at = head.replace("# ", "").split(",").indexOf(name);
  return lines.find((line) => line.startsWith(row))?.split(",")[at] ?? "?";
};

export const runtimeState: readonly Scenario[] = [
  session("wrong words", http(), [
    ...["disable", "enable", "shutdown"].flatMap((word) => [
      `${word} frontend`,
      `${word} frontend nosuch`,
      `${word} frontend {@be}`,
    ]),
    ...["", " nosuch", " {@be} 5", " {@fe}", " {@fe} abc", " {@fe} -1", " {@fe} 5x"].map(
      (words) => `set maxconn frontend${words}`,
    ),
    ...["", " 0", " 50", " 999999", " abc", " -1", " 0"].map((words) => `set maxconn global${words}`),
    ...["enable", "disable"].flatMap((word) =>
      ["", " nosuch", " {@fe}", " {@be}"].map((words) => `${word} dynamic-cookie backend${words}`),
    ),
    ...["", " nosuch", " nosuch k", " {@be}", " {@be} k"].map((words) => `set dynamic-cookie-key backend${words}`),
    ...["enable", "disable"].flatMap((word) =>
      ["agent", "health"].flatMap((what) =>
        ["", " nosuch", " {@be}/nosuch", " {@fe}/x", " {@be}/s1"].map((words) => `${word} ${what}${words}`),
      ),
    ),
    ...["", " nosuch", " dict", " - x", " dict nosuch"].map((words) => `show peers${words}`),
    ...["", " 0", " x"].map((words) => `show tls-keys${words}`),
    ...["user", "operator"].flatMap((level) => ["show peers", "show tls-keys"].map((command) => `${level};${command}`)),
    ...["show libs", "show startup-logs", "show ssl crt-list"].map((command) => `user;${command}`),
    "operator;show ssl crt-list",
    ...["", " proc.one", " txn.x", " nope", " proc", " proc."].map((words) => `get var${words}`),
    ...["user", "operator"].flatMap((level) =>
      [
        "disable frontend {@fe}",
        "set maxconn frontend {@fe} 3",
        "set maxconn global 3",
        "disable health {@be}/s1",
        "get var proc.x",
      ].map((command) => `${level};${command}`),
    ),
    ...["user", "operator"].map((level) => `${level};enable dynamic-cookie backend {@be}`),
  ]),
  {
    ...session(
      "a frontend is disabled, enabled and shut down",
      http({ frontend: "http-request return status 200" }),
      [],
    ),
    async client(talk) {
      const steps = [
        "",
        "disable",
        "disable",
        "enable",
        "enable",
        "disable",
        "shutdown",
        "shutdown",
        "enable",
        "disable",
      ];
      for (const [i, step] of steps.entries()) {
        if (step !== "") talk.note(`${i} ${step}`, await talk.command(`${step} frontend {@fe}`));
        talk.note(`${i} client`, await outcome(talk));
        talk.note(`${i} status`, column(await talk.command("show stat"), "fe,FRONTEND", "status"));
      }
    },
    compare: { received: false },
  },
  {
    ...session("limits of connections", http({ frontend: "http-request return status 200" }), []),
    async client(talk) {
      // Not up again from 0: HAProxy 2.6.12 locks itself up then.
      const limits = [1, 2, 0].map((limit) => `set maxconn frontend {@fe} ${limit}`);
      for (const limit of limits) {
        talk.note(limit, await talk.command(limit));
        talk.note(`${limit}: slim`, column(await talk.command("show stat"), "fe,FRONTEND", "slim"));
        talk.note(`${limit}: client`, await outcome(talk));
        await talk.sleep(100);
      }
      for (const limit of ["0", "50", "abc", "-1"]) {
        await talk.command(`set maxconn global ${limit}`);
        const info = await talk.command("show info");
        talk.note(`global ${limit}`, /^Maxconn: .*$/m.exec(info)?.[0]);
      }
    },
    compare: { received: false },
  },
  session(
    "name servers",
    `resolvers one
    nameserver a 127.0.0.1:{dns}
    nameserver b 127.0.0.1:{dns}
resolvers two
    nameserver c 127.0.0.1:{dns}
${http()}`,
    ["show resolvers one", "show resolvers two", "show resolvers nosuch", "user;show resolvers one"],
  ),
  session(
    "variables of the process",
    http(),
    ["one", "two", "f", "b", "ip", "six", "neg", "nosuch", "one extra"].map((name) => `get var proc.${name}`),
    {
      global: VARIABLES,
    },
  ),
  {
    ...session("a variable that a rule sets", http({ frontend: "http-request set-var(proc.seen) path" }), []),
    async client(talk) {
      for (const path of ["/a", "/b%20c"]) {
        await talk.once(get(path));
        talk.note(path, await talk.command("get var proc.seen"));
      }
    },
  },
  {
    ...session(
      "dynamic cookies",
      http({
        backend: "cookie SRV insert dynamic\ndynamic-cookie-key first",
        servers: { s1: "", s2: "cookie own weight 0" },
      }),
      [],
    ),
    servers: { s1: mirror, s2: mirror },
    async client(talk) {
      for (const command of [
        "",
        "disable dynamic-cookie backend {@be}",
        "enable dynamic-cookie backend {@be}",
        "set dynamic-cookie-key backend {@be} second",
        "disable dynamic-cookie backend {@be}",
        "set dynamic-cookie-key backend {@be} third",
        "enable dynamic-cookie backend {@be}",
      ]) {
        if (command !== "") talk.note(command, await talk.command(command));
        // Ports differ, so values do; that they change, and what a client's cookie is worth then, does not.
        const answer = await talk.once(get("/", "Cookie: SRV=own"));
        talk.note(`${command}: own`, /x-server: (\S+)/i.exec(answer)?.[1] ?? "");
        const first = /set-cookie: SRV=([^;]*)/i.exec(await talk.once(get()))?.[1] ?? "none";
        talk.note(`${command}: length`, first === "none" ? first : first.length);
        const back = await talk.once(get("/", `Cookie: SRV=${first}`));
        talk.note(`${command}: comes back`, /set-cookie/i.test(back));
      }
    },
    compare: { received: false, servers: false },
  },
  {
    ...session(
      "health checks are switched off and on",
      http({ servers: { s1: "check inter 100ms fall 1 rise 1" } }),
      [],
    ),
    async client(talk) {
      const row = async (): Promise<string> => {
        const csv = await talk.command("show stat");
        return ["status", "check_status", "chkfail", "act"]
          .map((name) => column(csv, "be,s1", name).replace("* ", ""))
          .join(" ");
      };
      await talk.sleep(500);
      talk.note("checked", await row());
      for (const command of [
        "disable health {@be}/s1",
        "set server {@be}/s1 check-port 1",
        "disable health {@be}/s1",
        "enable health {@be}/s1",
        "set server {@be}/s1 check-port",
        "set server {@be}/s1 check-port x",
        "set server {@be}/s1 check-port 99999",
        "set server {@be}/s1 check-port 1",
      ]) {
        talk.note(command, await talk.command(command));
        await talk.sleep(400);
        talk.note(`${command}: row`, await row());
      }
    },
    compare: { servers: false, logOrder: "any", timers: 5000 },
  },
];
