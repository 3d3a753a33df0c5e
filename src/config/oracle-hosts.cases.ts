import type { OracleCase } from "./oracle.cases.ts";

/** Host names in patterns of addresses: looked up in ACLs without -n, IPv4 alone, never in maps. */
const criteria = [
  "src localhost",
  "src -n localhost",
  "src localhost/8",
  "src localhost/33",
  "src localhost/255.255.0.0",
  "src -f @DIR@/hosts",
  "src -n -f @DIR@/hosts",
  "src -M -f @DIR@/host-map",
  "src,map_ip(@DIR@/host-map) -m str yes",
  "src 0x7f000001",
  "src 0x7f.1",
  "src 127.0.0.256",
  "src localhost:80",
  "src -- /8",
  "hdr(x) -m ip localhost",
  "src 127.0.0.1 localhost ::1",
  "src no-such-host.invalid",
];

export const hostCases: readonly OracleCase[] = criteria.map((criterion) => ({
  name: `acl x ${criterion}`,
  text: `defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend f
    bind 127.0.0.1:25001
    acl x ${criterion}
    http-request deny if x
`,
}));
