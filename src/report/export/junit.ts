import type { Run } from '../../bench/result.ts'
import { visible } from '../../bench/visible.ts'
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
    const text = [...suites].map(([name, own]) => suiteText(name, own)).join('')
    return [{ name: 'junit', text: `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${text}</testsuites>\n` }]
  },
}

const forbiddenOf = ({ outcomes }: Run) => outcomes.filter(({ grade }) => grade === 'forbidden')
/** Neither measured nor failed: the plan was cut short before. */
const isSkipped = ({ trials, error, outcomes }: Run) => trials.length + outcomes.length === 0 && error === null

function suiteText(name: string, runs: readonly Run[]): string {
  const count = (is: (run: Run) => boolean) => runs.filter(is).length
  const counts = attributes({
    name,
    tests: runs.length,
    failures: count((run) => forbiddenOf(run).length > 0),
    errors: count(({ error }) => error !== null),
    skipped: count(isSkipped),
    time: runs.reduce((sum, run) => sum + secondsOf(run), 0).toFixed(3),
  })
  return `  <testsuite${counts}>\n${runs.map(caseText).join('')}  </testsuite>\n`
}

function caseText(run: Run): string {
  const { scenario: _, variant: __, ...load } = labelsOf(run)
  const name = [run.variant, ...Object.entries(load).map(([parameter, value]) => `${parameter}=${value}`)].join(' ')
  const head = attributes({ classname: run.scenario, name, time: secondsOf(run).toFixed(3) })
  const parts = [
    ...forbiddenOf(run).map(({ outcome, says }) => element('failure', { message: says, type: outcome }, says)),
    ...(run.error === null
      ? []
      : [element('error', { message: run.error.message, type: run.error.code }, run.error.hint)]),
    ...(isSkipped(run) ? ['      <skipped/>\n'] : []),
    element('system-out', {}, figuresOf(run)),
  ]
  return `    <testcase${head}>\n${parts.join('')}    </testcase>\n`
}

/** In virtual time where the run is modelled. */
const secondsOf = ({ trials }: Run) => trials.reduce((sum, { durationNs }) => sum + durationNs, 0) / 1e9

const figuresOf = ({ metrics }: Run) =>
  Object.entries(metrics)
    .map(([name, { median, unit }]) => `${name} ${median} ${unit}`)
    .join('; ')

const element = (name: string, its: Readonly<Record<string, string>>, text: string) =>
  `      <${name}${attributes(its)}>${xml(text)}</${name}>\n`

const attributes = (its: Readonly<Record<string, string | number>>) =>
  Object.entries(its)
    .map(([name, value]) => ` ${name}="${xml(String(value))}"`)
    .join('')

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Characters that XML cannot hold are escaped as in JSON. */
const xml = (text: string) =>
  visible(text)
    .replace(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"]/g, (letter) => ENTITIES[letter]!)
