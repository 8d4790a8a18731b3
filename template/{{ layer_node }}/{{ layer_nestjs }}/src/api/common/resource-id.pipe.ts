/** `@Param("id", ResourceIdPipe)`: an id, or a 404. */

import { Injectable, type PipeTransform } from "@nestjs/common";
import { resourceId } from "../../http/routing.ts";

@Injectable()
export class ResourceIdPipe implements PipeTransform<string, string> {
  transform(text: string): string {
    return resourceId(text);
  }
}
