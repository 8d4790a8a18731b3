/** Cookies that carry a credential. */

/**
 * A cookie only this host can set and only this host gets back.
 *
 * Without `secure` (plain http in development) the `__Host-` prefix has to go too.
 */
export class CredentialCookie {
  readonly name: string;
  readonly #attributes: string;

  constructor(baseName: string, secure: boolean, sameSite: "Strict" | "Lax" = "Strict") {
    this.name = secure ? `__Host-${baseName}` : baseName;
    this.#attributes = `Path=/; ${secure ? "Secure; " : ""}HttpOnly; SameSite=${sameSite}`;
  }

  /** The value of a Set-Cookie header; `maxAge` is in seconds. */
  set(value: string, maxAge: number): string {
    return `${this.name}=${value}; ${this.#attributes}; Max-Age=${maxAge}`;
  }

  clear(): string {
    return this.set("", 0);
  }

  /** This cookie's value in a Cookie header; the first one if it is there more than once. */
  read(header: string | undefined): string | undefined {
    for (const pair of header?.split(";") ?? []) {
      const [name, value] = split(pair);
      if (name === this.name) return value || undefined;
    }
    return undefined;
  }
}

function split(pair: string): [name: string, value: string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
}
