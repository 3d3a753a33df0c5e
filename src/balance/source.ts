import { avalanche } from "../util/hash/index.ts";
import { byKey, type KeyHash, NO_KEY } from "./keyed.ts";

/** Address words folded by exclusive or; the function of `hash-type` is not used, its avalanche is. */
function addressHash(mixed: boolean): KeyHash {
  return (request) => {
    const bytes = request.clientAddressBytes();
    if (bytes === null) return NO_KEY;
    let hash = 0;
    for (let i = 0; i + 3 < bytes.length; i += 4) {
      hash ^= (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!;
    }
    return mixed ? avalanche(hash) : hash >>> 0;
  };
}

/** `balance source`: by the address of the client, so that a client stays with its server while the servers do. */
export const source = byKey<{ readonly kind: "source" }>({
  name: "source",
  usage: "source",
  help: "Hash of the client's address",
  http: false,
  parse: () => ({ kind: "source" }),
  key: (_model, _hash, { avalanche: mixed }) => addressHash(mixed),
});
