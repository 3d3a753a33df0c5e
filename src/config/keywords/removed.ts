/** Keywords HAProxy 2.6 itself refuses, with what to write instead. */
export const removedGlobal: ReadonlyMap<string, string> = new Map([
  ["nbproc", "leave it out: nbthread sets the number of workers"],
]);

export const removedProxy: ReadonlyMap<string, string> = new Map([
  ["monitor-net", "http-request return status 200 if { src <network> }"],
  ["redispatch", "option redispatch"],
  ["contimeout", "timeout connect"],
  ["clitimeout", "timeout client"],
  ["srvtimeout", "timeout server"],
  ["grace", ""],
  ["block", "http-request deny"],
  ["appsession", "stick on"],
  ["reqadd", "http-request add-header"],
  ["rspadd", "http-response add-header"],
]);
