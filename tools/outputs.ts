import { type Catalog, catalogJsonSchema, catalogReference } from '../lib/catalog';
import { catalogGraph } from '../lib/charts';
import { factsOf, gitlabPipeline, makefile } from '../lib/ci';
import { dangerList, dangerPage, dangers } from '../lib/diff';
import { svgGraph } from '../lib/policies';
import { inputCodePage, inputCodes, ruleList, rulePage, rules } from '../lib/preflight';
import services from '../services.json';
import boutique from '../test/fixtures/online-boutique.json';
import { constructsPage } from './constructs-page';
import { preflightPicture } from './preflight-picture';
import { providersPage } from './providers-page';

/** This project's own pipeline: the command line is started from the sources. */
const pipeline = { command: 'node bin/aviary.js', test: ['npm test'], dist: 'dist' };
const words = "--command 'node bin/aviary.js' --test 'npm test'";

/**
 * What `npm run generate` writes, by path below the root.
 * @param catalog whose pipeline and Makefile they are. @default services.json
 */
export function outputs(catalog: Catalog = services as unknown as Catalog): Map<string, string> {
  return new Map([
    ['services.schema.json', `${JSON.stringify(catalogJsonSchema(), null, 2)}\n`],
    ['docs/catalog.md', catalogReference()],
    ['.gitlab-ci.yml', gitlabPipeline(catalog, { ...pipeline, writtenBy: `aviary ci gitlab ${words} --dist dist` })],
    ['Makefile', makefile({ ...pipeline, ...factsOf(catalog), writtenBy: `aviary ci makefile ${words}` })],
    ['docs/providers.md', providersPage()],
    ['docs/constructs.md', constructsPage()],
    ['docs/preflight.svg', preflightPicture()],
    ['docs/policies.svg', svgGraph(catalogGraph(boutique as unknown as Catalog, 'production'))],
    ['docs/rules/README.md', ruleList(rules)],
    ...inputCodes.map((code): [string, string] => [`docs/rules/${code.code}.md`, inputCodePage(code)]),
    ['docs/dangers/README.md', dangerList(dangers)],
    ...dangers.map((danger): [string, string] => [`docs/dangers/${danger.id}.md`, dangerPage(danger)]),
    ...rules.map((rule): [string, string] => [`docs/rules/${rule.id}.md`, rulePage(rule)]),
  ]);
}
