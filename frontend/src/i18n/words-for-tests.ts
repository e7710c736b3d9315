/** Tests draw parts of the page without the import that brings their words; `late.test.ts` checks those imports. */
import { type LateTopic, late } from "./late.ts";
import { withWords } from "./t.ts";

await withWords(Promise.resolve(), ...(Object.keys(late) as LateTopic[]));
