import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../../lib/findings';
import { readManifests, rules, runPreflight } from '../../lib/preflight';
import { buildWorld, type WorldInput } from '../../lib/world';
import { type Mutation, mutations } from './mutations';
import { Planted } from './planted';
import { withSection } from './section';

const RESULTS = 'bench/RESULTS.md';
const CAVEAT =
  'The changes were written knowing the rules. A first run found 58 of the first 65. After it six of the seven that were missed were changed to what their rules describe (one had removed a field that the API server defaults, another wrote a timeout that Flagger replaces), one more was made to change a single thing, and five rules were told whose consequence they are. Two rules were widened later to find what they had missed (an old version of the autoscaler itself, a short load test where Blue/Green keeps the users away), and the other changes came with their rules. So the score says that the rules work together on a whole tree, not how many unknown failures would be found.';

/** What preflight made of one mutation. */
export interface Verdict {
  readonly rule: string;
  readonly isFound: boolean;
  /** Findings that the mutation brought and that are not linked to the one it means. */
  readonly others: readonly string[];
}

/** The objects of a folder as somebody else's manifests. */
export function readSound(folder: string): readonly WorldInput[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    // From the root of the tree, as Flux names folders.
    .map((file) => ({ file: join(folder, file), content: readFileSync(join(folder, file)) }));
  const { inputs, findings } = readManifests(files);
  if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join('\n'));
  return inputs;
}

/** Plants one failure mode, and compares the findings with those of the sound tree. */
export function judge({ rule, plant }: Mutation, sound: readonly WorldInput[], before: ReadonlySet<string>): Verdict {
  const tree = new Planted(sound);
  plant(tree);
  const fresh = check(tree.inputs).filter((finding) => !before.has(identity(finding)));
  return {
    rule,
    isFound: fresh.some(({ code }) => code === rule),
    others: fresh
      .filter(({ code, because = [] }) => code !== rule && !because.some((root) => root.startsWith(`${rule}@`)))
      .map(({ code, severity }) => `${code} (${severity})`),
  };
}

export const check = (inputs: readonly WorldInput[]): readonly Finding[] => runPreflight(buildWorld(inputs)).findings;
export const identity = ({ code, message }: Finding): string => `${code}: ${message}`;

/** The verdicts in figures, one line. */
export function scoreLine(verdicts: readonly Verdict[], ruleCount: number): string {
  const found = verdicts.filter(({ isFound }) => isFound).length;
  const alone = verdicts.filter(({ isFound, others }) => isFound && others.length === 0).length;
  return `${verdicts.length} failure modes planted one by one into the tree of Online Boutique (of ${ruleCount} rules): ${found} found, ${alone} of them with nothing beside but findings linked to it.`;
}

function main(): void {
  const sound = readSound('dist/clusters/production');
  const before = new Set(check(sound).map(identity));
  const verdicts = mutations.map((mutation) => judge(mutation, sound, before));
  for (const { rule, isFound, others } of verdicts)
    if (!isFound || others.length > 0)
      console.log(
        `${isFound ? 'found  ' : 'MISSED '} ${rule}${others.length > 0 ? `, beside it: ${others.join(', ')}` : ''}`,
      );
  const line = scoreLine(verdicts, rules.length);
  console.log(line);
  if (existsSync(RESULTS))
    writeFileSync(
      RESULTS,
      withSection(readFileSync(RESULTS, 'utf8'), `Written by \`npm run bench:preflight\`.\n\n${line}\n\n${CAVEAT}`),
    );
}

main();
