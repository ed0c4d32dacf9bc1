import { definitionOf } from './definition/definition.ts'
import { STORED } from './histograms.ts'
import { definedBy, notesOf, paramsOf } from './load.ts'
import type { Gathered } from './machines/machine.ts'
import { type Group, machineOf, type PlanOptions } from './plan.ts'
import type { Run } from './result.ts'
import { patchOf } from './scenario.ts'
import { summarise } from './summarise.ts'

/** A run of a result: one variant of a group, on any machine. */
export function runOf(group: Group, plan: PlanOptions, gathered: Gathered): Run {
  const { variant, done, aa, ofFailed, splats, timeline, model, interrupted, error } = gathered
  const isModelled = group.modelled !== undefined
  const summary = summarise(variant, done, aa, { ofFailed, ...(isModelled ? { compression: STORED } : {}) })
  return {
    scenario: group.scenario.name,
    variant: variant.name,
    machine: machineOf(group),
    kind: isModelled ? 'modelled' : 'measured',
    params: paramsOf(group, plan),
    definition: definitionOf(definedBy(group, variant)),
    ...patchOf(variant),
    ...summary,
    ...(isModelled ? { metrics: exact(summary.metrics) } : {}),
    ...(group.replay === null ? {} : { recorded: group.replay.kernel }),
    ...(splats.length === 0 ? {} : { splats }),
    ...(timeline === undefined ? {} : { timeline }),
    ...(model === undefined ? {} : { model }),
    warnings: [...notesOf(group), ...gathered.doubts(summary)],
    ...(interrupted === undefined ? {} : { interrupted }),
    error,
  }
}

/** A modelled figure has no distribution. */
const exact = (metrics: Run['metrics']): Run['metrics'] =>
  Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, { ...metric, assume: 'exact' }]))
