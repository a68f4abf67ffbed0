// Reads AsyncAPI documents, a JSON array, from standard input, and prints what @asyncapi/parser finds in each.
import { Parser } from "@asyncapi/parser";
import { readFileSync } from "node:fs";

const parser = new Parser();
const judged = [];
for (const source of JSON.parse(readFileSync(0, "utf8"))) {
  const { document, diagnostics } = await parser.parse(JSON.stringify(source));
  judged.push({
    messages: document ? document.allMessages().all().map((one) => one.id()) : [],
    found: diagnostics.map(({ severity, message, path }) => ({ severity, message, path: path.join(".") })),
  });
}
console.log(JSON.stringify(judged));
