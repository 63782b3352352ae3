import * as z from 'zod';
import { later, map, text, texts } from './field';

/** A condition on labels. @param operators how values may be compared */
export const expression = (operators: [string, ...string[]]) =>
  z.strictObject({
    key: text('Label.'),
    operator: z.enum(operators).register(z.globalRegistry, { description: 'How the values are compared.' }),
    values: texts('Values.').optional(),
  });
/** Which pods, or other objects with labels. */
export const labelSelector = later(() =>
  z
    .strictObject({
      matchLabels: map('Labels that must be equal.').optional(),
      matchExpressions: z
        .array(expression(['In', 'NotIn', 'Exists', 'DoesNotExist']))
        .register(z.globalRegistry, { description: 'Conditions on labels.' })
        .optional(),
    })
    .register(z.globalRegistry, { description: 'Which pods.' }),
);
