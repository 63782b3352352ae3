import { catalogJsonSchema, catalogReference } from '../lib/catalog';
import { dangerList, dangerPage, dangers } from '../lib/diff';
import { inputCodePage, inputCodes, ruleList, rulePage, rules } from '../lib/preflight';

/** What `npm run generate` writes, by path below the root. */
export function outputs(): Map<string, string> {
  return new Map([
    ['services.schema.json', `${JSON.stringify(catalogJsonSchema(), null, 2)}\n`],
    ['docs/catalog.md', catalogReference()],
    ['docs/rules/README.md', ruleList(rules)],
    ...inputCodes.map((code): [string, string] => [`docs/rules/${code.code}.md`, inputCodePage(code)]),
    ['docs/dangers/README.md', dangerList(dangers)],
    ...dangers.map((danger): [string, string] => [`docs/dangers/${danger.id}.md`, dangerPage(danger)]),
    ...rules.map((rule): [string, string] => [`docs/rules/${rule.id}.md`, rulePage(rule)]),
  ]);
}
