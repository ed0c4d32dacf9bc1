import { visible } from '../bench/visible.ts'

/** A finding of a case: a failure is the answer to what was asked, an error is in the way of one. */
export type Finding = {
  readonly kind: 'failure' | 'error'
  readonly message: string
  readonly type: string
  readonly text: string
}

export type Case = {
  readonly of: string
  readonly name: string
  readonly seconds: number
  readonly findings: readonly Finding[]
  readonly isSkipped: boolean
  readonly output: string
}

export type Suite = { readonly name: string; readonly cases: readonly Case[] }

/** JUnit's XML of these suites. */
export const junitText = (suites: readonly Suite[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.map(suiteText).join('')}</testsuites>\n`

function suiteText({ name, cases }: Suite): string {
  const count = (is: (one: Case) => boolean) => cases.filter(is).length
  const has = (kind: Finding['kind']) => (one: Case) => one.findings.some((finding) => finding.kind === kind)
  const counts = attributes({
    name,
    tests: cases.length,
    failures: count(has('failure')),
    errors: count(has('error')),
    skipped: count(({ isSkipped }) => isSkipped),
    time: cases.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3),
  })
  return `  <testsuite${counts}>\n${cases.map(caseText).join('')}  </testsuite>\n`
}

function caseText({ of, name, seconds, findings, isSkipped, output }: Case): string {
  const head = attributes({ classname: of, name, time: seconds.toFixed(3) })
  const parts = [
    ...findings.map(({ kind, message, type, text }) => element(kind, { message, type }, text)),
    ...(isSkipped ? ['      <skipped/>\n'] : []),
    element('system-out', {}, output),
  ]
  return `    <testcase${head}>\n${parts.join('')}    </testcase>\n`
}

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
