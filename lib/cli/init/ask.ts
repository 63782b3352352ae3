import { UsageError } from '../exit-code';
import { EXAMPLES, FLUX_MODES, MESHES, type ProjectOptions } from './project';

/** Asks for what matters and was not said; the answers begin with the defaults. */
export async function askForProject(defaults: ProjectOptions, said: ReadonlySet<string>): Promise<ProjectOptions> {
  const { cancel, isCancel, select, text } = await import('@clack/prompts');
  const answers: Record<string, unknown> = {};
  const answer = async (key: keyof ProjectOptions, ask: () => Promise<unknown>): Promise<void> => {
    if (said.has(key)) return;
    const value = await ask();
    if (isCancel(value)) {
      cancel('nothing was written');
      throw new UsageError('interrupted');
    }
    answers[key] = value;
  };
  const one = (message: string, values: readonly string[], initialValue: string) => (): Promise<unknown> =>
    select({ message, initialValue, options: values.map((value) => ({ value, label: value })) });
  await answer('example', one('Which services does it begin with?', EXAMPLES, defaults.example));
  const isOwn = (said.has('example') ? defaults.example : answers.example) === 'two-services';
  if (isOwn) {
    await answer('mesh', one('How is traffic routed? (kubernetes: no mesh, no canaries)', MESHES, defaults.mesh));
    await answer('flux', one('How is Flux synchronised?', FLUX_MODES, defaults.flux));
  }
  await answer('repository', () =>
    text({ message: 'Which repository does Flux watch?', initialValue: defaults.repository }),
  );
  return { ...defaults, ...answers };
}
