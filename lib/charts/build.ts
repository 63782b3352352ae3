import type { App } from 'cdk8s';
import { keepDollars } from './dollars';
import type { UnitInput } from './inputs';
import { platformCharts } from './platform-charts';
import { renderedChart } from './rendered-chart';
import { serviceChart } from './service-chart';
import { waveChart } from './wave-chart';

/** Adds a unit's charts to the app. The only module of the charts that loads the constructs. */
export function buildUnit(app: App, input: UnitInput): void {
  addCharts(app, input);
  keepDollars(app, input);
}

function addCharts(app: App, input: UnitInput): void {
  switch (input.kind) {
    case 'service':
      serviceChart(app, input);
      break;
    case 'wave':
      waveChart(app, input);
      break;
    case 'platform':
      platformCharts(app, input);
      break;
    case 'chart':
      renderedChart(app, input);
      break;
    default:
      throw new Error(`no chart for ${(input satisfies never as UnitInput).kind}`);
  }
}
