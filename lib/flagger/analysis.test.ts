import { readAnalysis } from './analysis';
import type { AnalysisTiming } from './duration';

const read = (analysis: AnalysisTiming, provider = 'istio') => readAnalysis({ analysis }, provider);

test.each([
  ['1m', 60],
  ['5s', 10],
  ['nonsense', 60],
  [undefined, 60],
])('interval %s is %d s', (interval, expected) => {
  expect(read({ interval }).intervalSeconds).toBe(expected);
});

/** Decided by scheduler.go of Flagger 1.44: nextStepWeight, maxWeight and the loop of advanceCanary and runCanary. */
test.each<[AnalysisTiming, number[], boolean]>([
  [{ stepWeight: 10, maxWeight: 30 }, [10, 20, 30], false],
  [{ stepWeight: 40, maxWeight: 100 }, [40, 80, 100], false],
  [{ stepWeight: 20, maxWeight: 50 }, [20, 40, 60], false],
  [{ stepWeight: 50 }, [50, 100], false],
  [{ stepWeights: [1, 10, 80] }, [1, 10, 80], false],
  [{ stepWeights: [5, 50, 120] }, [5, 50, 100], false],
  [{ stepWeights: [50, 20] }, [50], true],
  [{ stepWeights: [10, 10, 20] }, [10], true],
  [{ stepWeights: [0, 50] }, [], true],
  [{ stepWeights: [] }, [], true],
  [{ stepWeight: 10, stepWeights: [5] }, [10], false],
  [{ stepWeight: 0 }, [], true],
  [{ stepWeight: -5 }, [], true],
  [{ stepWeight: 50, maxWeight: 120 }, [50, 100], true],
])('weights of %j are %j, endless: %s', (analysis, weights, isEndless) => {
  const { weightsPercent, isEndless: endless } = read(analysis);
  expect([weightsPercent, endless]).toEqual([weights, isEndless]);
});

test('match without iterations stays a canary', () => {
  expect(read({ stepWeight: 10, match: [{}] }).strategy).toBe('canary');
});
