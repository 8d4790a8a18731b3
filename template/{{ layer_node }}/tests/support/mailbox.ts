/** A mail server on a free port that keeps what it is sent, or refuses it. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";
import { expect, vi } from "vitest";

export class Mailbox {
  readonly messages: string[] = [];
  readonly recipients: string[] = [];
  refuses = false;
  readonly #server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    onData: (stream, session, callback) => {
      text(stream).then((message) => {
        if (this.refuses) {
          callback(Object.assign(new Error("try again later"), { responseCode: 451 }));
          return;
        }
        this.messages.push(decoded(message));
        this.recipients.push(...session.envelope.rcptTo.map((recipient) => recipient.address));
        callback();
      }, callback);
    },
  });

  /** The mail server's URL, once it listens. */
  async open(): Promise<string> {
    this.#server.on("error", () => {});
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server.server, "listening");
    return `smtp://127.0.0.1:${(this.#server.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  async waitFor(count: number): Promise<void> {
    await vi.waitFor(() => expect(this.messages.length).toBeGreaterThanOrEqual(count), 10_000);
  }
}

/** Quoted-printable (RFC 2045, section 6.7): its lines are shorter than a link. */
function decoded(message: string): string {
  return message
    .replaceAll("=\r\n", "")
    .replace(/=([0-9A-F]{2})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
}

export function linkIn(message: string | undefined): string {
  const [link] = /https:\S+/.exec(message ?? "") ?? [];
  expect(link, "the mail holds a link").toBeDefined();
  return link ?? "";
}

export function tokenIn(message: string | undefined): string {
  return new URL(linkIn(message)).searchParams.get("token") ?? "";
}
