/** Password hashing off the event loop, and only a few at a time: each one takes 19 MiB. */

import pLimit from "p-limit";
import * as passwords from "./security/passwords.ts";

// One less than the threads of Node's pool: looking a name up needs one, too.
const CONCURRENT_HASHES = 3;

export class Hashing {
  readonly #slots = pLimit(CONCURRENT_HASHES);

  hash(password: string): Promise<string> {
    return this.#slots(() => passwords.hashPassword(password));
  }

  /** A turn to verify; what is decided inside it is decided for a few callers at a time. */
  slot<T>(work: () => Promise<T>): Promise<T> {
    return this.#slots(work);
  }

  /** To be called inside a slot. */
  verify(passwordHash: string | null, password: string): Promise<boolean> {
    return passwords.verifyPassword(passwordHash, password);
  }
}
