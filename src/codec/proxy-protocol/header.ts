/** The header that tells who is behind a proxy: the PROXY protocol (haproxy.org, proxy-protocol.txt) and NetScaler's Client IP. */

/** One end of the connection a header is about. */
export interface HeaderEnd {
  /** 4 or 16 bytes in network order, null for UNIX sockets. */
  readonly bytes: Uint8Array | null;
  readonly port: number;
}

/** What a header says of the connection it stands before. */
export interface ProxyHeader {
  /** Bytes the header takes. */
  readonly length: number;
  /** Null: the header names no addresses (LOCAL, UNKNOWN, UNSPEC), those of the connection itself count. */
  readonly source: HeaderEnd | null;
  readonly destination: HeaderEnd | null;
  /** TLVs of version 2, in latin1; null = not there. */
  readonly authority: string | null;
  readonly uniqueId: string | null;
  /** All TLVs, in latin1; of several of one type the first. Null = there is none. */
  readonly tlvs: ReadonlyMap<number, string> | null;
}

/** Why bytes are no header, or not yet: each is a number below 1. */
export const HeaderError = {
  /** More bytes are needed; what came so far can begin a header. */
  more: 0,
  /** Something else begins here. */
  notHeader: -1,
  /** It begins as a header and is malformed. */
  bad: -2,
  /** A family or transport that cannot be. */
  protocol: -3,
  /** NetScaler: another magic number than the one configured. */
  magic: -4,
  /** Its length announces more than is taken. */
  tooLong: -5,
} as const;

export type HeaderResult = ProxyHeader | number;

/** Types of TLVs (proxy-protocol.txt, section 2.2). */
export const Tlv = {
  alpn: 0x01,
  authority: 0x02,
  crc32c: 0x03,
  noop: 0x04,
  uniqueId: 0x05,
  ssl: 0x20,
  sslVersion: 0x21,
  sslCn: 0x22,
  sslCipher: 0x23,
  sslSigAlg: 0x24,
  sslKeyAlg: 0x25,
  netns: 0x30,
} as const;

/** Longest values HAProxy takes. */
export const MAX_AUTHORITY = 255;
export const MAX_UNIQUE_ID = 128;

/** CR LF CR LF NUL CR LF "QUIT" LF: what no other protocol begins with (section 2.2). */
export const SIGNATURE: Uint8Array = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10);
