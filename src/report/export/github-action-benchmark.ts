import type { Metric, Result, Run } from '../../bench/result.ts'
import { benchName } from '../names.ts'
import { rest } from './escape.ts'
import { type Exporter, json, labelsOf, machineOf } from './exporter.ts'

/**
 * `customSmallerIsBetter` and `customBiggerIsBetter` of github-action-benchmark: a file has one direction, so there are two.
 * Metrics without a direction are in neither: an alarm about them would mean nothing.
 */
export const githubActionBenchmark: Exporter = {
  name: 'github-action-benchmark',
  says: 'two files: customSmallerIsBetter and customBiggerIsBetter',
  extension: 'json',
  files: (result) =>
    [
      { name: 'smaller-is-better', text: json(entries(result, 'lower')) },
      { name: 'bigger-is-better', text: json(entries(result, 'higher')) },
    ].filter(({ text }) => text !== json([])),
}

function entries(result: Result, better: Metric['better']): object[] {
  return result.runs.flatMap((run) =>
    Object.entries(run.metrics)
      .filter(([, metric]) => metric.better === better)
      .map(([name, metric]) => ({
        name: rest(`${benchName(labelsOf(run))} on ${machineOf(run)}: ${name}`),
        unit: rest(metric.unit),
        value: metric.median,
        range: `± ${Math.max(metric.median - metric.ci95[0], metric.ci95[1] - metric.median)}`,
        extra: extra(result, run, metric),
      })),
  )
}

const extra = ({ host, seed, source }: Result, run: Run, { n, ci95 }: Metric) =>
  [
    `median of ${n}, 95 % [${ci95.join(', ')}]`,
    `seed ${seed}, definition ${run.definition}, git ${source.git ?? 'unknown'}${source.dirty ? ' with changes' : ''}`,
    `${host.cpu}, ${host.cores} cores, Node ${host.node}`,
  ]
    .map(rest)
    .join('\n')
