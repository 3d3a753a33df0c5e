/** Section sets shared by the proxy tables (manual section 4.1). */
export const BACK = ["defaults", "listen", "backend"] as const;
export const FRONT = ["defaults", "frontend", "listen"] as const;
export const BOTH = ["defaults", "frontend", "listen", "backend"] as const;
/** Not in `defaults`. */
export const BACK_ONLY = ["listen", "backend"] as const;
export const FRONT_ONLY = ["frontend", "listen"] as const;
export const PROXY_ONLY = ["frontend", "listen", "backend"] as const;
