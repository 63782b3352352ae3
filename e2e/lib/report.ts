/** One thing that was tried on the real component, and what it said. */
export interface Step {
  readonly name: string;
  readonly passed: boolean;
  readonly skipped?: boolean;
  /** Lines: figures, and the component's own words. */
  readonly said: readonly string[];
  readonly seconds: number;
}

export interface Section {
  readonly title: string;
  readonly steps: Step[];
}

/** What a step may tell while it runs; it fails by throwing. */
export type Say = (line: string) => void;

export interface ReporterOptions {
  readonly log: (line: string) => void;
  /** Only sections whose title contains this text are run. */
  readonly only?: string;
  readonly now: () => number;
}

/** Thrown by a step that cannot run here; the reason is reported. */
export class Skip extends Error {}

/** Runs steps one after the other, goes on after a failure, and remembers what each said. */
export class Reporter {
  readonly sections: Section[] = [];
  /** A program of ours that has ended by itself, if one has: every step then fails with its words. */
  died: () => Error | undefined = () => undefined;

  constructor(private readonly options: ReporterOptions) {}

  isWanted(title: string): boolean {
    return !this.options.only || title.toLowerCase().includes(this.options.only.toLowerCase());
  }

  async step(title: string, name: string, run: (say: Say) => Promise<void>): Promise<boolean> {
    let section = this.sections.find((candidate) => candidate.title === title);
    if (!section) {
      section = { title, steps: [] };
      this.sections.push(section);
      this.options.log(`== ${title}`);
    }
    const said: string[] = [];
    const started = this.options.now();
    let passed = true;
    let skipped = false;
    try {
      await run((line) => said.push(line));
      const dead = this.died();
      if (dead) throw dead;
    } catch (error) {
      skipped = error instanceof Skip;
      passed = skipped;
      said.push(error instanceof Error ? error.message : String(error));
      if (!skipped && error instanceof TypeError) said.push(error.stack ?? '');
      const dead = this.died();
      if (dead && dead.message !== said.at(-1)) said.push(dead.message);
    }
    const seconds = (this.options.now() - started) / 1000;
    section.steps.push({ name, passed, skipped, said, seconds });
    this.options.log(`${skipped ? 'skip' : passed ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`);
    for (const line of said) this.options.log(`       ${line.replaceAll('\n', '\n       ')}`);
    return passed && !skipped;
  }

  get counts(): { passed: number; failed: number; skipped: number } {
    const steps = this.sections.flatMap((section) => section.steps);
    return {
      passed: steps.filter(({ passed, skipped }) => passed && !skipped).length,
      failed: steps.filter(({ passed }) => !passed).length,
      skipped: steps.filter(({ skipped }) => skipped).length,
    };
  }
}

export interface ReportHead {
  readonly date: string;
  readonly minutes: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: string;
  /** Paths of this machine, and what is written for them: the report is committed. */
  readonly places?: Readonly<Record<string, string>>;
}

/** The run as Markdown: what e2e/REPORT.md holds. */
export function formatReport(sections: readonly Section[], head: ReportHead): string {
  const steps = sections.flatMap((section) => section.steps);
  const count = (test: (step: Step) => boolean): number => steps.filter(test).length;
  const lines = [
    '# Report of the last full run',
    '',
    'Written by `npm run e2e`; never edited.',
    '',
    `${head.date}, ${head.minutes.toFixed(1)} minutes on ${head.machine}. ` +
      `${count(({ passed, skipped }) => passed && !skipped)} steps passed, ` +
      `${count(({ passed }) => !passed)} failed, ${count(({ skipped }) => skipped === true)} skipped.`,
    '',
    '| component | version |',
    '|---|---|',
    ...Object.entries(head.versions).map(([name, version]) => `| ${name} | ${version} |`),
  ];
  for (const { title, steps: own } of sections) {
    lines.push('', `## ${title}`, '');
    for (const { name, passed, skipped, said, seconds } of own) {
      lines.push(`- **${skipped ? 'skipped' : passed ? 'passed' : 'FAILED'}** ${name} (${seconds.toFixed(1)} s)`);
      for (const line of said.flatMap((text) => text.split('\n'))) lines.push(`  - ${inline(line)}`);
    }
  }
  let text = `${lines.join('\n')}\n`;
  for (const [path, name] of Object.entries(head.places ?? {})) text = text.replaceAll(path, name);
  return text;
}

/** Text of a component as Markdown that shows it as it is. */
function inline(text: string): string {
  return text.replaceAll(/[<>|*_`[\]\\]/g, (character) => (character === '_' ? '_' : `\\${character}`)).trim();
}
