export const knownOptions: ReadonlySet<string> = new Set<string>();
export const knownBind: ReadonlyMap<string, number> = new Map();
export const knownServer: ReadonlyMap<string, number> = new Map();
export const knownGlobal: ReadonlySet<string> = new Set<string>();
export const knownProxy: ReadonlySet<string> = new Set<string>();
