import type { Run } from '../../bench/result.ts'
import { type Case, junitText } from '../junit-xml.ts'
import { type Exporter, labelsOf, machineOf } from './exporter.ts'

/** JUnit's XML, which most CIs show: a suite for each question and machine, a case for each run. What ends `bench` with 1 or 3 is not passed. */
export const junit: Exporter = {
  name: 'junit',
  says: "JUnit's XML: a forbidden outcome is a failure, a run that failed an error",
  extension: 'xml',
  files: ({ runs }) => {
    const suites = new Map<string, Run[]>()
    for (const run of runs) {
      const name = `${run.scenario} on ${machineOf(run)}`
      suites.set(name, [...(suites.get(name) ?? []), run])
    }
    return [{ name: 'junit', text: junitText([...suites].map(([name, own]) => ({ name, cases: own.map(caseOf) }))) }]
  },
}

/** Neither measured nor failed: the plan was cut short before. */
const isSkipped = ({ trials, error, outcomes }: Run) => trials.length + outcomes.length === 0 && error === null

function caseOf(run: Run): Case {
  const { scenario: _, variant: __, ...load } = labelsOf(run)
  const { error } = run
  return {
    of: run.scenario,
    name: [run.variant, ...Object.entries(load).map(([parameter, value]) => `${parameter}=${value}`)].join(' '),
    seconds: secondsOf(run),
    findings: [
      ...run.outcomes
        .filter(({ grade }) => grade === 'forbidden')
        .map(({ outcome, says }) => ({ kind: 'failure' as const, message: says, type: outcome, text: says })),
      ...(error === null
        ? []
        : [{ kind: 'error' as const, message: error.message, type: error.code, text: error.hint }]),
    ],
    isSkipped: isSkipped(run),
    output: figuresOf(run),
  }
}

/** In virtual time where the run is modelled. */
const secondsOf = ({ trials }: Run) => trials.reduce((sum, { durationNs }) => sum + durationNs, 0) / 1e9

const figuresOf = ({ metrics }: Run) =>
  Object.entries(metrics)
    .map(([name, { median, unit }]) => `${name} ${median} ${unit}`)
    .join('; ')
