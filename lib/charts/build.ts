import type { App } from 'cdk8s';
import { GkeCluster } from '../constructs';
import { keepDollars } from './dollars';
import { chartOf, foreignChart, helmRelease } from './helm-form';
import type { UnitInput } from './inputs';
import { plainService } from './plain-service';
import { platformCharts } from './platform-charts';
import { releaseForm } from './release-form';
import { renderedChart } from './rendered-chart';
import { defaultDenyChart } from './service-policies';
import { waveChart } from './wave-chart';

/** Adds a unit's charts to the app. The only module of the charts that loads the constructs. */
export function buildUnit(app: App, input: UnitInput): void {
  addCharts(app, input);
  keepDollars(app, input);
}

function addCharts(app: App, input: UnitInput): void {
  switch (input.kind) {
    case 'service':
      if (input.helm) helmRelease(app, input, input.helm);
      else if (releaseForm(input.service) === 'chart') foreignChart(app, input);
      else plainService(app, input);
      break;
    case 'helm':
      chartOf(app, input);
      break;
    case 'gke':
      new GkeCluster(app, input.cluster, {
        ...input.gke,
        workloads: [...(input.gke.workloads ?? []), ...input.workloads],
      });
      break;
    case 'wave':
      waveChart(app, input);
      break;
    case 'platform':
      platformCharts(app, input);
      break;
    case 'default-deny':
      defaultDenyChart(app, input);
      break;
    case 'chart':
      renderedChart(app, input);
      break;
    case 'generated':
      throw new Error(`${input.id} is built by the app that added it`);
    default:
      throw new Error(`no chart for ${(input satisfies never as UnitInput).kind}`);
  }
}
