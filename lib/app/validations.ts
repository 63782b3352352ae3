import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Finding } from '../findings';
import { isFields, textAt } from '../kube';
import { type CheckedObject, YamlEmitter } from '../synth';

/** What the cdk8s CLI knows of a resource: by its name alone. */
export interface ConstructMetadata {
  readonly version: '1.0.0';
  readonly resources: Readonly<Record<string, { readonly path: string }>>;
}

/** The parts of the cdk8s CLI that run plugins. They are not exported: its own `synth` runs them when the tree is written already. */
interface CliPlugins {
  readonly PluginManager: new (folder: string) => unknown;
  readonly ValidationPlugin: {
    load(
      validation: unknown,
      app: { readonly manifests: readonly string[]; readonly constructMetadata: string },
      stdout: boolean,
      manager: unknown,
    ): {
      readonly plugin: { validate(context: unknown): Promise<void> };
      readonly context: { readonly report: { readonly success: boolean; toString(): string } };
    };
  };
}

/** Construct paths of all objects, for reports: `production/apps/cart`. */
export function constructMetadata(objects: Iterable<CheckedObject>): ConstructMetadata {
  const resources: Record<string, { path: string }> = {};
  for (const { object, unit } of objects) {
    const name = textAt(object, 'metadata', 'name');
    if (name !== undefined) resources[name] = { path: unit.replace('/charts/', '/') };
  }
  return { version: '1.0.0', resources };
}

/** Whether the cdk8s CLI will run plugins when the app is done. */
export function hasValidations(env = process.env): boolean {
  return env.CDK8S_OUTDIR !== undefined && env.CDK8S_RECORD_CONSTRUCT_METADATA === 'true';
}

/**
 * Runs the plugins that cdk8s.yaml names (`validations`) on the tree as it will be. The CLI runs them once more, on the written tree.
 * @param outdir what reports call the folder of the manifests
 * @param write gets the reports of plugins that found something
 */
export async function runValidations(
  objects: Iterable<CheckedObject>,
  outdir: string,
  write: (text: string) => void,
): Promise<Finding[]> {
  const settings = cliSettings();
  if (settings.validations.length === 0) return [];
  const folder = mkdtempSync(path.join(os.tmpdir(), 'aviary-validations-'));
  try {
    const all = [...objects];
    const manifests = writeManifests(all, folder);
    const metadataFile = path.join(folder, 'construct-metadata.json');
    writeFileSync(metadataFile, JSON.stringify(constructMetadata(all)));
    const { PluginManager, ValidationPlugin } = cliPlugins();
    const manager = new PluginManager(settings.pluginsFolder);
    const findings: Finding[] = [];
    for (const validation of settings.validations) {
      const name = `${textAt(validation, 'package')}, class ${textAt(validation, 'class')}`;
      try {
        const app = { manifests, constructMetadata: metadataFile };
        const { plugin, context } = ValidationPlugin.load(validation, app, false, manager);
        await plugin.validate(context);
        if (context.report.success) continue;
        write(`${context.report.toString().replaceAll(`${folder}${path.sep}`, `${outdir}/`)}\n`);
        findings.push(failure(`the validation plugin of ${name} has found violations`, 'Mend what its report says'));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        findings.push(
          failure(
            `the validation plugin of ${name} failed: ${message}`,
            'Mend the plugin, or its entry in "validations" of cdk8s.yaml',
          ),
        );
      }
    }
    return findings;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function failure(message: string, fix: string): Finding {
  return { code: 'validation-failed', severity: 'error', place: { file: 'cdk8s.yaml' }, message, fix };
}

function writeManifests(objects: readonly CheckedObject[], folder: string): string[] {
  const files = new Map<string, unknown[]>();
  for (const { file, object } of objects) files.set(file, [...(files.get(file) ?? []), object]);
  const emitter = new YamlEmitter();
  return [...files].map(([file, documents]) => {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, emitter.file(documents));
    return target;
  });
}

interface CliSettings {
  readonly validations: readonly unknown[];
  readonly pluginsFolder: string;
}

/** As the CLI reads them; a list that lies elsewhere is fetched by the CLI alone. */
function cliSettings(): CliSettings {
  const { load } = require('js-yaml') as { load(text: string): unknown };
  const config = load(readFileSync('cdk8s.yaml', 'utf8'));
  const { validations, pluginsDirectory } = isFields(config) ? config : {};
  const list = typeof validations === 'string' ? load(readFileSync(validations, 'utf8')) : validations;
  return {
    validations: Array.isArray(list) ? list : [],
    pluginsFolder:
      process.env.CDK8S_PLUGINS_DIR ??
      (typeof pluginsDirectory === 'string' ? pluginsDirectory : path.join(os.homedir(), '.cdk8s', 'plugins')),
  };
}

function cliPlugins(): CliPlugins {
  const fromProject = createRequire(path.resolve('package.json'));
  const folder = path.join(path.dirname(fromProject.resolve('cdk8s-cli/package.json')), 'lib', 'plugins');
  return { ...fromProject(path.join(folder, '_manager.js')), ...fromProject(path.join(folder, 'validation.js')) };
}
