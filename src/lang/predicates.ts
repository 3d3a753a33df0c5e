/** The predicates of conditions (manual section 2.4). Adding one is one row. */
import { type Variables, variable } from "./environment.ts";
import { enabledOptions, features, haproxyVersion, opensslVersion, sslLibraryName } from "./features.ts";
import { compareOpensslVersions, compareVersions } from "./version.ts";

export interface Predicate {
  /** Arguments that must be given, and the most that may be. An optional one that is missing reads as "". */
  readonly min: number;
  readonly max: number;
  /** A string is an error: the argument cannot be understood. */
  readonly test: (a: string, b: string, env: Variables) => boolean | string;
}

const openssl =
  (accept: (order: number) => boolean): Predicate["test"] =>
  (wanted) => {
    const order = compareOpensslVersions(opensslVersion, wanted);
    return order === null ? `'${wanted}' is not an OpenSSL version` : accept(order);
  };

export const predicates: Readonly<Record<string, Predicate>> = {
  // AWS-LC is not what is linked here, so no version of its interface is present.
  awslc_api_atleast: { min: 1, max: 1, test: () => false },
  awslc_api_before: { min: 1, max: 1, test: () => false },
  defined: { min: 0, max: 1, test: (name, _, env) => variable(env, name) !== undefined },
  enabled: {
    min: 1,
    max: 1,
    test: (name) => {
      const value = Object.hasOwn(enabledOptions, name) ? enabledOptions[name] : undefined;
      return value ?? `unknown option '${name}', known are ${Object.keys(enabledOptions).join(", ")}`;
    },
  },
  // An empty name is part of every list, and HAProxy says so.
  feature: { min: 0, max: 1, test: (name) => name === "" || (Object.hasOwn(features, name) && features[name]!) },
  fips_mode: { min: 0, max: 0, test: () => false },
  openssl_version_atleast: { min: 1, max: 1, test: openssl((order) => order >= 0) },
  openssl_version_before: { min: 1, max: 1, test: openssl((order) => order < 0) },
  ssllib_name_startswith: { min: 1, max: 1, test: (name) => sslLibraryName.startsWith(name) },
  streq: { min: 2, max: 2, test: (a, b) => a === b },
  strneq: { min: 2, max: 2, test: (a, b) => a !== b },
  strstr: { min: 2, max: 2, test: (a, b) => a.includes(b) },
  version_atleast: { min: 0, max: 1, test: (wanted) => compareVersions(haproxyVersion, wanted) >= 0 },
  version_before: { min: 0, max: 1, test: (wanted) => compareVersions(haproxyVersion, wanted) < 0 },
};
