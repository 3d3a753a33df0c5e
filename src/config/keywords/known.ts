/**
 * Keywords of HAProxy 2.6 (its own list, `haproxy -dKall`, and the manual's sections 3 to 5) that this program does not
 * implement yet. A keyword that gets a row in a table leaves this list; `NAME+1` takes one argument.
 */

const GLOBAL = `
  51degrees-data-file deviceatlas-json-file httpclient.resolvers.id httpclient.resolvers.prefer
  httpclient.ssl.ca-file httpclient.ssl.verify localpeer lua-load lua-load-per-thread lua-prepend-path wurfl-data-file
`;

const PROXY = `
  email-alert stats use-fcgi-app
`;

const OPTIONS = `
  spop-check
`;

const BIND = `
  ca-sign-file+1 ca-sign-pass+1 generate-certificates
`;

const SERVER = `
  agent-addr+1 agent-check agent-inter+1 agent-port+1 agent-send+1 log-proto+1
  no-agent-check resolve-net+1 resolve-opts+1 resolve-prefer+1 resolvers+1
`;

function words(list: string): string[] {
  return list.trim().split(/\s+/);
}

function withArguments(list: string): ReadonlyMap<string, number> {
  return new Map(
    words(list).map((entry) => {
      const [name, count] = entry.split("+");
      return [name!, Number(count ?? 0)];
    }),
  );
}

export const knownGlobal: ReadonlySet<string> = new Set(words(GLOBAL));
export const knownProxy: ReadonlySet<string> = new Set(words(PROXY));
export const knownOptions: ReadonlySet<string> = new Set(words(OPTIONS));
export const knownBind: ReadonlyMap<string, number> = withArguments(BIND);
export const knownServer: ReadonlyMap<string, number> = withArguments(SERVER);
