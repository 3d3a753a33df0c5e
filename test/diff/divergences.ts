/** Scenarios where tlb differs from HAProxy 2.6 on purpose, by name, with the reason. They must stay few. */
export const divergences: Readonly<Record<string, string>> = {};
