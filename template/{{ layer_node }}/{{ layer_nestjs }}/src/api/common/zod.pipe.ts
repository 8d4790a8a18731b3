/** `@Body(new ZodPipe(schema))`, `@Query(new ZodPipe(schema))`: what the schema makes of it. */

import type { ArgumentMetadata, PipeTransform } from "@nestjs/common";
import type { z } from "zod";
import { validBody, validQuery } from "../../faults.ts";

export class ZodPipe<S extends z.ZodType> implements PipeTransform<unknown, z.output<S>> {
  constructor(private readonly schema: S) {}

  transform(value: unknown, { type }: ArgumentMetadata): z.output<S> {
    return type === "query" ? validQuery(this.schema, value) : validBody(this.schema, value);
  }
}
