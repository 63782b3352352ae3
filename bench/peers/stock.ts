import { readFileSync } from 'node:fs';
import { App, Chart } from 'cdk8s';
import type { Catalog } from '../../lib/catalog';
import { planUnits } from '../../lib/charts';
import { MicroserviceRelease } from '../../lib/constructs';

/** The same constructs on the stock App: `node stock.js per|one CATALOG OUTDIR`. */
const [layout, file, outdir] = process.argv.slice(2);
const catalog = JSON.parse(readFileSync(file!, 'utf8')) as Catalog;
const app = new App({ outdir });
if (layout === 'per') {
  for (const unit of planUnits(catalog)) if ((unit.input as { kind: string }).kind === 'service') unit.build(app);
} else {
  oneChart();
}
app.synth();

function oneChart(): void {
  const { namespace, registry } = catalog.platform;
  const chart = new Chart(app, 'all', { namespace, disableResourceNameHashes: true });
  const portOf = new Map(catalog.services.map(({ name, ports }) => [name, ports![0]!.port]));
  for (const { name, ports, env, resources, probes, autoscaling } of catalog.services) {
    const values = Object.entries(env ?? {}).map(([key, value]) => {
      if (typeof value === 'string') return [key, value];
      return [key, 'service' in value ? `${value.service}:${portOf.get(value.service)}` : ''];
    });
    new MicroserviceRelease(chart, name, {
      image: `${registry}/${name}:${(catalog.defaults?.image as { tag?: string } | undefined)?.tag}`,
      ports: ports ?? [],
      env: Object.fromEntries(values),
      resources,
      probes,
      autoscaling: autoscaling || undefined,
      canaried: false,
      digestInputs: [],
      partOf: namespace,
    });
  }
}
