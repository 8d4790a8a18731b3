/** A client of the service over HTTP. It keeps no cookies: a test sends what it wants to be sent. */

import { randomUUID } from "node:crypto";

export const PASSWORD = "correct horse battery staple";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // What a body holds is for each test to say.
  readonly body: Readonly<Record<string, unknown>>;
  /** Cookies that were set, by name. */
  readonly cookies: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, string>>;

export class Browser {
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  get(path: string, headers: Fields = {}): Promise<Answer> {
    return this.send("GET", path, undefined, headers);
  }

  post(path: string, json?: unknown, headers: Fields = {}): Promise<Answer> {
    return this.send("POST", path, json, headers);
  }

  async send(method: string, path: string, json?: unknown, headers: Fields = {}): Promise<Answer> {
    const hasBody = json !== undefined;
    const response = await fetch(`${this.#origin}${path}`, {
      method,
      redirect: "manual",
      headers: { ...headers, ...(hasBody && { "Content-Type": "application/json" }) },
      body: hasBody ? JSON.stringify(json) : null,
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? {} : JSON.parse(text),
      cookies: Object.fromEntries(
        response.headers.getSetCookie().map((cookie) => {
          const [name = "", value = ""] = (cookie.split(";")[0] ?? "").split("=");
          return [name, value];
        }),
      ),
    };
  }

  signUp(email = newEmail()): Promise<Answer> {
    return this.post("/v1/users", { email, name: "Ada", password: PASSWORD });
  }

  logIn(email: string, password = PASSWORD): Promise<Answer> {
    return this.post("/v1/auth/login", { email, password });
  }
}

export const newEmail = (): string => `${randomUUID()}@app.test`;
