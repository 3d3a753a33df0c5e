import { expect, test } from "bun:test";
import type { Model } from "../config/model.ts";
import { handshakeVariables, type Machine } from "./rsa-path.ts";

const CPU =
  "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nflags\t\t: fpu avx2 bmi2 adx sha_ni\n\n";
const machine: Machine = { arch: "x64", cpus: CPU + CPU, variables: {} };
const DETOUR = { OPENSSL_ia32cap: "~0x0:~0x80000" };

/** Frontends that listen with certificates of these kinds; [] = without TLS. */
function model(...binds: readonly (readonly ("rsa" | "ecdsa" | "other")[])[]): Model {
  const certificates: Record<string, unknown> = {};
  const proxies = binds.map((kinds, i) => ({
    binds: [
      {
        tls:
          kinds.length === 0
            ? null
            : {
                entries: kinds.map((keyType, k) => {
                  certificates[`${i}.${k}`] = { keyType };
                  return { certificate: `${i}.${k}` };
                }),
              },
      },
    ],
  }));
  return { proxies, tls: { certificates } } as unknown as Model;
}

const on = (change: Partial<Machine>, text = model(["rsa"])): Record<string, string> =>
  handshakeVariables(text, { ...machine, ...change });

test("every certificate is RSA, on an AMD processor with ADX", () => {
  expect(on({})).toEqual(DETOUR);
  expect(on({}, model(["rsa", "rsa"], [], ["rsa"]))).toEqual(DETOUR);
  expect(on({ cpus: CPU.replace("25", "26") })).toEqual(DETOUR);
});

test("one that is not, or no TLS at all", () => {
  expect(on({}, model(["rsa", "ecdsa"]))).toEqual({});
  expect(on({}, model(["rsa"], ["ecdsa"]))).toEqual({});
  expect(on({}, model(["other"]))).toEqual({});
  expect(on({}, model([]))).toEqual({});
  expect(on({}, model())).toEqual({});
});

test("other processors", () => {
  expect(on({ arch: "arm64" })).toEqual({});
  expect(on({ cpus: "" })).toEqual({});
  for (const [from, to] of [
    ["AuthenticAMD", "GenuineIntel"],
    [": 25", ": 23"],
    [" adx", ""],
    [" avx2", ""],
  ] as const) {
    expect(on({ cpus: CPU.replaceAll(from, to) })).toEqual({});
  }
});

test("what the operator set stays", () => {
  expect(on({ variables: { OPENSSL_ia32cap: "" } })).toEqual({});
  expect(on({ variables: { OPENSSL_ia32cap: ":0" } })).toEqual({});
});
