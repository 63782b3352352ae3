import type { Finding } from '../findings';
import type { SynthesizedApp } from './synthesized-app';

/** `YamlOutputType.FILE_PER_APP` of cdk8s, whose enum would load cdk8s. */
const FILE_PER_APP = 0;

/** Props of cdk8s's App that a tree for Flux cannot have. */
export function refusedProps({ props, catalog }: SynthesizedApp): Finding | undefined {
  const refuse = (message: string, cause: string, fix: string): Finding => ({
    code: 'app-props',
    severity: 'error',
    place: { file: 'main.ts' },
    message,
    cause,
    fix,
    docs: 'docs/cdk8s.md',
  });
  const { yamlOutputType, outputFileExtension = '.yaml', recordConstructMetadata } = props;
  if (recordConstructMetadata)
    return refuse(
      'recordConstructMetadata cannot be done in the tree',
      'Everything below the output folder is applied: construct-metadata.json is no object of Kubernetes.',
      'Leave it out: the plugins of cdk8s.yaml (validations) get the metadata anyway',
    );
  if (yamlOutputType === FILE_PER_APP && catalog !== undefined)
    return refuse(
      'yamlOutputType FILE_PER_APP cannot be done with a catalog',
      'Flux applies a folder of files for each cluster, layer and wave.',
      'Leave yamlOutputType out: each chart has a file',
    );
  if (!/^\..*\.ya?ml$|^\.ya?ml$/.test(outputFileExtension))
    return refuse(
      `outputFileExtension is "${outputFileExtension}"`,
      'kustomize and the cdk8s CLI only read files whose names end in .yaml.',
      'Use one that ends in .yaml, such as ".k8s.yaml"',
    );
  return undefined;
}
