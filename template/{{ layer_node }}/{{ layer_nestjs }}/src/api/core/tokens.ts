/** What is injected by these is an interface, which leaves no class behind to ask for. */

export const SETTINGS = Symbol("Settings");
export const SERVICES = Symbol("Services");
