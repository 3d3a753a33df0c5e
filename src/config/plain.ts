/** Servers and `bind` lines without any setting: what HAProxy's defaults make of them. Parser, engine and tests start from here. */
import type { Position } from "../lang/position.ts";
import type { Address, BindModel, KeepaliveModel, ServerModel } from "./model.ts";

/** Keepalive with the system's settings. */
export const PLAIN_KEEPALIVE: KeepaliveModel = { count: 0, idle: 0, interval: 0 };

/** No address, its port as an offset to the client's. */
export function plainServer(at: Position, name: string): ServerModel {
  return {
    at,
    name,
    id: 0,
    forcedId: false,
    addressText: "",
    address: null,
    fqdn: null,
    port: { kind: "offset", value: 0 },
    weight: 1,
    backup: false,
    disabled: false,
    maxconn: 0,
    minconn: 0,
    maxqueue: 0,
    check: {
      enabled: false,
      inter: 2000,
      fastinter: 0,
      downinter: 0,
      rise: 2,
      fall: 3,
      port: 0,
      addr: null,
      proto: null,
      tls: null,
      sni: null,
      viaSocks4: false,
      stepTls: null,
    },
    cookie: null,
    source: null,
    tcpUserTimeout: 0,
    initAddr: ["last", "libc"],
    proto: null,
    ws: "auto",
    poolMaxConn: -1,
    poolLowConn: 0,
    poolPurgeDelay: 5000,
    maxReuse: -1,
    slowstart: 0,
    observe: "none",
    onError: "fail-check",
    errorLimit: 10,
    onMarkedDown: "none",
    onMarkedUp: "none",
    nonStick: false,
    redir: null,
    track: null,
    tfo: false,
    sendProxy: "none",
    proxyOptions: [],
    proxyTlvs: [],
    checkSendProxy: false,
    tls: null,
    socks4: null,
    namespace: null,
    saved: null,
  };
}

/** An address to listen on, with HAProxy's defaults. */
export function plainBind(at: Position, address: Address): BindModel {
  return {
    at,
    address,
    name: null,
    id: 0,
    backlog: 0,
    maxconn: 0,
    mode: -1,
    uid: -1,
    gid: -1,
    interface: null,
    v4v6: false,
    v6only: false,
    tfo: false,
    deferAccept: false,
    mss: 0,
    transparent: false,
    tcpUserTimeout: 0,
    namespace: null,
    acceptProxy: false,
    acceptNetscaler: false,
    netscalerMagic: 0,
    tls: null,
    proto: null,
  };
}
