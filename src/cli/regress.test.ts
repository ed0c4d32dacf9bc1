import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resultOf, runOf } from '../bench/comparing/testing.contract.ts'
import { MANIFEST, manifestText } from '../bench/gate/manifest.ts'
import { junitText } from '../report/junit-xml.ts'
import { faultline } from './faultline.contract.ts'
import { measuredSuite } from './regress-junit.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-regress-'))

function baseline(name: string, ...files: string[]): string {
  const folder = join(FOLDER, name)
  mkdirSync(folder)
  for (const [index, content] of files.entries()) writeFileSync(join(folder, `${index}.json`), content)
  if (files.length > 0) renewManifest(folder)
  return folder
}

const renewManifest = (folder: string) => writeFileSync(join(folder, MANIFEST), manifestText(folder))

const modelled = runOf({ flushes_per_unmap: [1] }, { kind: 'modelled', machine: 'altra-64' })

test('a baseline that is missing is not a pass, for the gate and for its update', async () => {
  for (const folder of [join(FOLDER, 'nowhere'), baseline('empty')]) {
    for (const flags of [[], ['--update']]) {
      const { code, err } = await faultline('regress', '--baseline', folder, ...flags)
      assert.equal(code, 4)
      assert.match(err, /there is no baseline in .*\nWrite one: `faultline bench/)
    }
  }
})

test('a baseline that is damaged, or has nothing exact, is not a pass', async () => {
  const broken: [string, string, RegExp][] = [
    ['text', 'hello', /0.json is not JSON/],
    ['cut', JSON.stringify({ ...resultOf([modelled]), runs: 1 }), /0.json is damaged/],
    ['newer', JSON.stringify({ ...resultOf([modelled]), version: 9 }), /has version 9/],
    ['measured', JSON.stringify(resultOf([runOf({ elapsed_ns: [1] })])), /has no exact figures/],
    ['none', JSON.stringify(resultOf([])), /has no exact figures/],
    ['other', JSON.stringify(resultOf([modelled], { command: ['check'] })), /cannot be run again/],
  ]
  for (const [name, content, says] of broken) {
    const { code, err } = await faultline('regress', '--baseline', baseline(name, content))
    assert.equal(code, 2, `${name}: ${err}`)
    assert.match(err, says)
  }
})

test('one damaged baseline among good ones fails the gate before anything is run', async () => {
  const folder = baseline('mixed', JSON.stringify(resultOf([modelled])), '{')
  assert.equal((await faultline('regress', '--baseline', folder)).code, 2)
})

test('a gate that would check nothing is refused', async () => {
  const { code, err } = await faultline('regress', '--skip-exact')
  assert.equal(code, 2)
  assert.match(err, /checks nothing would always pass/)
})

/** A plan that the model runs in a moment. */
const PLAN = [
  'bench',
  '-s',
  'precheck',
  '-m',
  'altra-64',
  '--vcpus',
  '2',
  '--set',
  'range=256',
  '--duration',
  '1ms',
  '--draws',
  '0',
  '--quiet',
]

test('the gate passes its own baseline, fails if one digit differs, and rewrites the baseline with --update', async () => {
  const folder = baseline('real')
  const file = join(folder, 'precheck.json')
  assert.equal((await faultline(...PLAN, '--out', file)).code, 0)
  const written = readFileSync(file, 'utf8')

  const unnamed = await faultline('regress', '--baseline', folder)
  assert.equal(unnamed.code, 2)
  assert.match(unnamed.err, /has no SHA256SUMS/)
  assert.equal((await faultline('regress', '--baseline', folder, '--update')).code, 0)

  const passed = await faultline('regress', '--baseline', folder)
  assert.equal(passed.code, 0, passed.out + passed.err)
  assert.match(passed.out, /precheck.json: 2 runs, every figure as it was/)

  const tampered = JSON.parse(written)
  tampered.runs[1].counters.pf_fixed += 1
  writeFileSync(file, JSON.stringify(tampered))
  const altered = await faultline('regress', '--baseline', folder)
  assert.equal(altered.code, 2)
  assert.match(altered.err, /precheck.json is not what was written/)

  rmSync(join(folder, MANIFEST))
  const unlisted = await faultline('regress', '--baseline', folder)
  assert.equal(unlisted.code, 1, 'a folder without a manifest is compared all the same')
  assert.match(unlisted.out, /pf_fixed/)

  renewManifest(folder)
  const failed = await faultline('regress', '--baseline', folder)
  assert.equal(failed.code, 1)
  assert.match(failed.out, /changed +-0.\d+ % +precheck precheck on altra-64 +pf_fixed +\d+ +-> +\d+/)
  assert.match(failed.out, /1 exact figure changed. If the change is intended, run `faultline regress --update`/)
  const ignoring = await faultline('regress', '--baseline', folder, '--ignore-below', '5%')
  assert.equal(ignoring.code, 0)
  assert.match(ignoring.out, /changed: 1 changed by less than 5.0 %, which --ignore-below leaves out/)
  const fenced = await faultline('regress', '--baseline', folder, '--format', 'markdown')
  assert.match(fenced.out, /^```text\n[\s\S]*pf_fixed[\s\S]*\n```\n/)

  const junit = await faultline('regress', '--baseline', folder, '--format', 'junit')
  assert.equal(junit.code, 1)
  assert.match(
    junit.out,
    /^<\?xml [^\n]*\n<testsuites>\n {2}<testsuite name="[^"]*precheck.json" tests="2" failures="1" errors="0"/,
  )
  assert.match(
    junit.out,
    /<testcase [^>]*name="precheck precheck on [^>]*>\n +<failure message="pf_fixed: \d+ -&gt; \d+"/,
  )
  assert.match(junit.out, /<system-out>every figure as it was<.*<\/testsuites>\n$/s)

  const updated = await faultline('regress', '--baseline', folder, '--update')
  assert.equal(updated.code, 0)
  assert.match(updated.out, /written; for the commit message:/)
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')).runs, JSON.parse(written).runs)
  assert.match((await faultline('regress', '--baseline', folder, '--update')).out, /as it was$/m)
})

test('the measured tier is one case, which is skipped where nothing could be compared', () => {
  const forbidden = { run: 'precheck B', kind: 'forbidden', says: 'stale_install 3 times' } as const
  assert.match(
    junitText([measuredSuite('main', 'a table', [], undefined, false)]),
    /tests="1" failures="0" errors="0" skipped="0"/,
  )
  assert.match(junitText([measuredSuite('main', '', [], undefined, true)]), /skipped="1"[\s\S]*<skipped\/>/)
  const failed = junitText([measuredSuite('main', '', [forbidden], 'a measured figure is worse', false)])
  assert.match(
    failed,
    /failures="1"[\s\S]*<failure message="stale_install[\s\S]*<failure message="a measured figure is worse"/,
  )
})

test('a deleted baseline fails the gate with a sentence, and only --update accepts the deletion, and says so', async () => {
  const folder = baseline('deleted', JSON.stringify(resultOf([modelled])), JSON.stringify(resultOf([modelled])))
  rmSync(join(folder, '1.json'))
  const { code, err } = await faultline('regress', '--baseline', folder)
  assert.equal(code, 2)
  assert.match(err, /1.json is gone: .*SHA256SUMS names it\nRestore the files from git/)
})

test('a changed cost is named once as the cause of all changes that follow from it', async () => {
  const folder = baseline('cost')
  const file = join(folder, 'precheck.json')
  await faultline(...PLAN, '--seed', '1,2', '--set', 'machine.cost.zap_spte_ns=150', '--out', file)
  const other = JSON.parse(readFileSync(file, 'utf8'))
  const command = other.command.map((word: string) => word.replace('=150', '=158'))
  writeFileSync(file, JSON.stringify({ ...other, command }))
  renewManifest(folder)
  const { code, out } = await faultline('regress', '--baseline', folder)
  assert.equal(code, 1)
  assert.match(
    out,
    /cost.zap_spte_ns is 158 instead of 150: .* %; these costs explain all changes: with the old values, every figure is unchanged/,
  )
  assert.match(out, /\(seeds [-+].* to [-+].*\)/)
})

test('changed costs that change no figure are written to the baseline too, so the next gate does not report them', async () => {
  const folder = baseline('hash')
  const file = join(folder, 'precheck.json')
  await faultline(...PLAN, '--out', file)
  const { digest: _, ...other } = JSON.parse(readFileSync(file, 'utf8'))
  const hash = other.runs[0].model.profileHash
  for (const run of other.runs) run.model.profileHash = '0000000000000000'
  writeFileSync(file, JSON.stringify(other))
  const update = await faultline('regress', '--baseline', folder, '--update')
  assert.match(update.out, /every figure as it was; written, as its machine has other costs/)
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).runs[0].model.profileHash, hash)
  const passed = await faultline('regress', '--baseline', folder)
  assert.equal(passed.code, 0, passed.err)
  assert.doesNotMatch(passed.out, /other costs/)
})

test('a result of the model is verified by running it again, and an edited one fails', async () => {
  const file = join(baseline('verified'), 'x.json')
  await faultline(...PLAN, '--out', file)
  const good = await faultline('verify', file)
  assert.equal(good.code, 0, good.out)
  assert.match(good.out, /2 modelled runs run again: identical to the last bit/)
  const touched = JSON.parse(readFileSync(file, 'utf8'))
  touched.runs[0].counters.pf_fixed += 1
  writeFileSync(file, JSON.stringify(touched))
  const bad = await faultline('verify', file)
  assert.equal(bad.code, 1)
  assert.match(bad.out, /1 figure differs\n[\s\S]*pf_fixed/)
})
