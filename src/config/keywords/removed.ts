/** Keywords HAProxy 2.6 itself refuses, with what to write instead (empty: nothing, leave it out). */
export const removedGlobal: ReadonlyMap<string, string> = new Map([
  ["nbproc", "leave it out: nbthread sets the number of workers"],
  ["tune.chksize", "leave it out: tune.bufsize holds for checks too"],
]);

function all(names: string, instead: string): [string, string][] {
  return names.split(" ").map((name) => [name, instead]);
}

export const removedProxy: ReadonlyMap<string, string> = new Map([
  ["monitor-net", "write 'http-request return status 200 if { src <network> }'"],
  ["redispatch", "write 'option redispatch'"],
  ["contimeout", "write 'timeout connect'"],
  ["clitimeout", "write 'timeout client'"],
  ["srvtimeout", "write 'timeout server'"],
  ["grace", "leave it out"],
  ["block", "write 'http-request deny'"],
  ["appsession", "write 'stick' rules or 'cookie'"],
  ["reqadd", "write 'http-request add-header'"],
  ["rspadd", "write 'http-response add-header'"],
  ...all("reqdel reqidel", "write 'http-request del-header'"),
  ...all("rspdel rspidel", "write 'http-response del-header'"),
  ...all("reqrep reqirep", "write 'http-request replace-header' or 'replace-path'"),
  ...all("rsprep rspirep", "write 'http-response replace-header'"),
  ...all("reqdeny reqideny", "write 'http-request deny'"),
  ...all("rspdeny rspideny", "write 'http-response deny'"),
  ...all("reqallow reqiallow reqpass reqipass", "write 'http-request allow'"),
  ...all("reqtarpit reqitarpit", "write 'http-request tarpit'"),
]);

export const removedOptions: ReadonlyMap<string, string> = new Map([
  ["forceclose", "leave it out, or write 'option httpclose'"],
  ["http-tunnel", "leave it out"],
  ["http_proxy", "write 'http-request set-dst' rules"],
]);
