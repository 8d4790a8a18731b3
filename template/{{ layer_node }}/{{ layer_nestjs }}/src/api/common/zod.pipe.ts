/** `@Body(new ZodPipe(schema))`, `@Query(new ZodPipe(schema))`: what the schema makes of it. */

import type { ArgumentMetadata, PipeTransform } from "@nestjs/common";
import type { z } from "zod";
import { MalformedRequest } from "../../errors.ts";
import { validBody, validQuery } from "../../faults.ts";

export class ZodPipe<S extends z.ZodType> implements PipeTransform<unknown, z.output<S>> {
  constructor(private readonly schema: S) {}

  transform(value: unknown, { type }: ArgumentMetadata): z.output<S> {
    if (type === "query") return validQuery(this.schema, value);
    if (value === undefined) throw new MalformedRequest();
    return validBody(this.schema, value);
  }
}
