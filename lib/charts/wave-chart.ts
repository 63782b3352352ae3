import { ApiObject, type App } from 'cdk8s';
import { kustomizationFile, ManifestFile } from '../constructs';
import type { WaveInput } from './inputs';

/** The list of one wave's files, or of a part of it. */
export function waveChart(app: App, { folder, files }: WaveInput): void {
  kustomizationFile(app, 'wave', folder, files.length > 0 ? files : [EMPTY]);
  if (files.length > 0) return;
  const name = folder.split('/').slice(-3).join('-');
  new ApiObject(new ManifestFile(app, 'empty', { path: `${folder}/${EMPTY}` }), 'part', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'flux-system', labels: { 'app.kubernetes.io/managed-by': 'aviary' } },
  });
}

/** Kustomize refuses a list without anything in it. */
const EMPTY = 'empty.yaml';
