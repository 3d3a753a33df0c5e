export type Mode = "tcp" | "http";

/** A place to listen on or to connect to, after the address prefix (`ipv4@`, `unix@`, `abns@`, `fd@`…) is resolved. */
export type Address =
  | { readonly kind: "ip"; readonly family: 4 | 6; readonly ip: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "abns"; readonly name: string }
  | { readonly kind: "fd"; readonly fd: number };
