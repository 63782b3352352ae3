import * as z from 'zod';

const withExamples = <T>(description: string, examples: readonly T[]) => ({
  description,
  ...(examples.length > 0 ? { examples: [...examples] } : {}),
});

/**
 * A schema that is made when a value meets it: a run pays for the fields that its catalog has. Whether a field is optional must be said
 * outside, `later(…).optional()`: an object asks it of each of its fields, and would so make them all.
 */
export function later<T extends z.core.SomeType>(make: () => T): z.ZodLazy<T> {
  const schema = z.lazy(() => {
    const made = make();
    if (made._zod.optin !== undefined) throw new TypeError('write later(…).optional(), not later(() => ….optional())');
    return made;
  });
  for (const question of ['optin', 'optout']) Object.defineProperty(schema._zod, question, { value: undefined });
  return schema;
}

/** A text. */
export const text = (description: string, ...examples: string[]) =>
  z.string().register(z.globalRegistry, withExamples(description, examples));
/** A number. */
export const number = (description: string, ...examples: number[]) =>
  z.number().register(z.globalRegistry, withExamples(description, examples));
/** True or false. */
export const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });
/** A list of texts; an example is a whole list. */
export const texts = (description: string, ...examples: string[][]) =>
  z.array(z.string()).register(z.globalRegistry, withExamples(description, examples));
/** Texts by names that somebody chooses. */
export const map = (description: string) =>
  z.record(z.string(), z.string()).register(z.globalRegistry, { description });

/** `windowsOptions` of a pod or a container. */
export const windowsOptions = () =>
  z
    .strictObject({
      gmsaCredentialSpec: text('The specification itself.').optional(),
      gmsaCredentialSpecName: text('Name of the specification.').optional(),
      hostProcess: flag('Whether it runs as a process of the node.').optional(),
      runAsUserName: text('User.').optional(),
    })
    .register(z.globalRegistry, { description: 'Windows.' });

/** A number or a percentage, where Kubernetes takes either. */
export const amount = (description: string) =>
  z.union([z.number(), z.string()]).register(z.globalRegistry, { description }).optional();
