/** Which side of a connection this is. */
export const Role = { client: 0, server: 1 } as const;
