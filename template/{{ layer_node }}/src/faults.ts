/** From zod's issues to the faults that a client is told of. */

import type { z } from "zod";
import {
  type Fault,
  InvalidParameter,
  MalformedRequest,
  RULES,
  type Rule,
  ValidationFailed,
} from "./errors.ts";

const MESSAGES: Partial<Record<Rule, string>> = {
  required: "is required",
  type: "has the wrong type",
  format: "is not valid",
};

/** What a body says. Raises MalformedRequest if there is none, ValidationFailed with every fault. */
export function validBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  if (body === undefined) throw new MalformedRequest();
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new ValidationFailed(...faultsFrom(parsed.error, body));
  return parsed.data;
}

/** What a query string says. Raises InvalidParameter with every fault. */
export function validQuery<S extends z.ZodType>(schema: S, query: unknown): z.output<S> {
  const parsed = schema.safeParse(query);
  if (!parsed.success) throw new InvalidParameter(...faultsFrom(parsed.error, query));
  return parsed.data;
}

/** One fault per issue. What the client sent is never repeated in it. */
function faultsFrom(error: z.ZodError, input: unknown): Fault[] {
  return error.issues.map((issue) => {
    const field = issue.path.join(".");
    const rule = ruleOf(issue, input);
    const message = issue.code === "custom" ? issue.message : (MESSAGES[rule] ?? "is not valid");
    return { field, rule, message };
  });
}

function ruleOf(issue: z.core.$ZodIssue, input: unknown): Rule {
  if (issue.code === "custom") {
    return RULES.find((rule) => rule === issue.params?.["rule"]) ?? "format";
  }
  if (issue.code !== "invalid_type") return "format";
  return memberAt(input, issue.path) === undefined && issue.path.length > 0 ? "required" : "type";
}

function memberAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}
