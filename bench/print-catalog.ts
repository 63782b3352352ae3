import { benchCatalog } from './catalog';

/** `npm run -s bench:catalog -- N [CLUSTERS] [--small]` */
const [services = '1000', clusters = '1'] = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
if (!/^[1-9]\d*$/.test(services) || !/^[1-9]\d*$/.test(clusters)) {
  process.stderr.write('usage: npm run -s bench:catalog -- SERVICES [CLUSTERS] [--small]\n');
  process.exitCode = 2;
} else {
  const full = !process.argv.includes('--small');
  process.stdout.write(
    `${JSON.stringify(benchCatalog({ services: Number(services), clusters: Number(clusters), full }), null, 2)}\n`,
  );
}
