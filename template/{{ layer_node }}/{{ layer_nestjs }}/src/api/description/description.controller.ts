/** /openapi.yaml, for people who develop against the service. */

import { readFile } from "node:fs/promises";
import { Controller, Get, Header } from "@nestjs/common";
import { fileOf } from "../../project.ts";

@Controller()
export class DescriptionController {
  @Get("openapi.yaml")
  @Header("Content-Type", "application/yaml")
  describe(): Promise<string> {
    return readFile(fileOf("openapi.yaml"), "utf8");
  }
}
