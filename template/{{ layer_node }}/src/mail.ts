/** Mail over SMTP, sent by the worker. */

import { createTransport } from "nodemailer";
import type { Settings } from "./config/index.ts";
import { kindOf } from "./observability/logging.ts";

const REPLY_MS = 20_000;
const DEFAULT_PORTS = { "smtp:": 25, "smtps:": 465 };

/** The mail was not accepted. Says what happened without the server's words or any address. */
export class MailError extends Error {
  override name = "MailError";
}

export interface Message {
  /** The same job always gives the same Message-ID. */
  readonly jobId: string;
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
}

/**
 * Hand a plain-text message to the mail server, or raise MailError when the signal says so.
 *
 * Over smtp:// the connection is encrypted if the server offers it, over smtps:// always;
 * credentials are never sent in clear.
 */
export async function send(
  settings: Settings,
  message: Message,
  signal: AbortSignal,
): Promise<void> {
  const transport = createTransport(connectionOf(settings));
  try {
    await transport.sendMail({
      from: settings.mailFrom,
      to: { name: "", address: message.recipient },
      subject: message.subject,
      messageId: `<job-${message.jobId}@${domainOf(settings)}>`,
      text: message.text,
      disableFileAccess: true,
      disableUrlAccess: true,
      signal,
    });
  } catch (error) {
    throw new MailError(reasonOf(error));
  } finally {
    transport.close();
  }
}

function connectionOf(settings: Settings) {
  const url = new URL(settings.smtpUrl);
  const secure = url.protocol === "smtps:";
  const user = decodeURIComponent(url.username);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port) || DEFAULT_PORTS[secure ? "smtps:" : "smtp:"],
    secure,
    // A password waits for an encrypted connection, and is not sent without one.
    requireTLS: user !== "" && !secure,
    ...(user !== "" && { auth: { user, pass: decodeURIComponent(url.password) } }),
    name: domainOf(settings),
    connectionTimeout: REPLY_MS,
    greetingTimeout: REPLY_MS,
    socketTimeout: REPLY_MS,
  };
}

function reasonOf(error: unknown): string {
  const { responseCode } = error as { responseCode?: unknown };
  return typeof responseCode === "number"
    ? `the mail server answered ${responseCode}`
    : `no use of the mail server: ${kindOf(error)}`;
}

function domainOf(settings: Settings): string {
  return settings.mailFrom.split("@").at(-1) ?? "";
}
