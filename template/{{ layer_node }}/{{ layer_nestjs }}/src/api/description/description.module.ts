import { Module } from "@nestjs/common";
import { DescriptionController } from "./description.controller.ts";

@Module({ controllers: [DescriptionController] })
export class DescriptionModule {}
