import { nearest } from '../../findings';
import { envReferences, expansionOrder } from '../../kube';
import { containersOf, type ServiceContainer } from '../containers';
import type { Path } from '../problem';
import type { ServiceCheck, ServiceProblem } from './context';

/**
 * What the kubelet adds for every Service of the namespace.
 * @see k8s.io/kubernetes v1.36 pkg/kubelet/envvars/envvars.go FromServices
 */
const OF_SERVICES =
  /^[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

const SHELL = /^(.*\/)?(ba|da|a|z|k)?sh$/;

/** `$(NAME)` in variables, commands and arguments: what the kubelet cannot expand arrives as it is written. */
export const checkExpansion: ServiceCheck = ({ service }, report) => {
  for (const container of containersOf(service)) {
    checkVariables(container, report);
    checkCommand(container, report);
  }
};

function checkVariables(
  { env, path, envFrom, envOrder, envOrderPath }: ServiceContainer,
  report: (problem: ServiceProblem) => void,
): void {
  for (const [index, name] of (envOrder ?? []).entries())
    if (!Object.hasOwn(env, name))
      report({
        code: 'unknown-variable',
        path: [...envOrderPath, index],
        message: `envOrder names ${JSON.stringify(name)}, and the container has no such variable`,
        nearest: nearest(name, Object.keys(env)),
        fix: 'write the name of a variable, or remove it',
      });
  const textOf = (name: string): string | undefined => {
    const value = env[name];
    return typeof value === 'string' && value.includes('$(') ? value : undefined;
  };
  const names = Object.keys(env);
  const referring = names.filter((name) => textOf(name) !== undefined);
  if (referring.length === 0) return;
  // An order that somebody wrote out is meant.
  for (const cycle of envOrder === undefined ? expansionOrder(names, textOf).cycles : []) {
    const [first] = cycle as readonly [string];
    report({
      code: 'variable-cycle',
      path: [...path, 'env', first],
      message:
        cycle.length === 1
          ? `the variable ${first} refers to itself`
          : `the variables refer to each other in a circle: ${[...cycle, first].join(' → ')}`,
      cause:
        'Kubernetes expands $(…) only from variables that stand before; those of the image are none of them. The container gets the text as it is written.',
      fix: `take $(${cycle[1] ?? first}) out of ${first}`,
    });
  }
  // Whole objects may bring any variable.
  if (envFrom !== undefined) return;
  for (const name of referring)
    for (const other of envReferences(textOf(name)!))
      if (!Object.hasOwn(env, other) && !OF_SERVICES.test(other))
        report(unknownVariable(other, [...path, 'env', name], `the variable ${name}`, names));
}

function checkCommand(
  { env, path, command = [], args = [], envFrom }: ServiceContainer,
  report: (problem: ServiceProblem) => void,
): void {
  if (envFrom !== undefined) return;
  // For a shell $(…) is a command to run.
  if ([...command, ...args].some((word) => SHELL.test(word))) return;
  for (const [field, words] of [
    ['command', command],
    ['args', args],
  ] as const)
    for (const [index, word] of words.entries())
      for (const other of word.includes('$(') ? envReferences(word) : [])
        if (/^[A-Z_][A-Z0-9_]*$/.test(other) && !Object.hasOwn(env, other) && !OF_SERVICES.test(other))
          report(unknownVariable(other, [...path, field, index], `"${field}"`, Object.keys(env)));
}

function unknownVariable(other: string, path: Path, where: string, names: readonly string[]): ServiceProblem {
  const near = nearest(other, names);
  return {
    code: 'unknown-variable',
    severity: 'warning',
    path,
    message: `${where} refers to $(${other}), and the container has no such variable`,
    cause: `Kubernetes expands $(…) from the variables of the container in the catalog; those of the image are none of them. The container gets the text "$(${other})".`,
    fix: `${near ? `write $(${near}), ` : ''}add ${other} to env, or write $$(${other}) where the text is meant`,
  };
}
