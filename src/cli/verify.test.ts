import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { Result } from '../bench/result.ts'
import type { Profile } from '../model/profile.ts'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-verify-'))
const path = (name: string) => join(FOLDER, name)
const SHORT = ['-s', 'precheck', '--variant', 'precheck', '--vcpus', '1', '--duration', '300us', '--warmup', '100us']
const bench = (out: string, ...words: string[]) => faultline('bench', ...SHORT, '--quiet', '--out', path(out), ...words)
const resultIn = (name: string): Result => JSON.parse(readFileSync(path(name), 'utf8'))
const write = (name: string, value: object) => writeFileSync(path(name), JSON.stringify(value))
const profile = (name: string, load: number) => ({
  schema: 'faultline.profile',
  version: 1,
  name,
  cpu: 'x',
  inherit: 'altra-64',
  parameters: { load_ns: { value: load, unit: 'ns', low: load, high: load, class: 'E', source: 'me' } },
})

before(async () => {
  write('mine.profile.json', profile('mine', 2))
  write('lookalike.profile.json', profile('altra-64', 50))
  await bench('altra.json', '-m', 'altra-64')
  await bench('mine.json', '-m', path('mine.profile.json'))
})

test('a result of a machine of the user is verified without the file that the machine was in', async () => {
  rmSync(path('mine.profile.json'))
  const { code, out } = await faultline('verify', path('mine.json'))
  assert.match(out, /1 modelled run run again: identical to the last bit/)
  assert.equal(code, 0)
})

/** A result of several scenarios, and the same without something in every run. */
async function without(remove: (run: Record<string, Record<string, unknown>>, name: string) => void, name: string) {
  const { digest: _, ...result } = resultIn('several.json')
  for (const run of result.runs) {
    for (const part of [run, ...run.trials] as unknown as Record<string, Record<string, unknown>>[]) remove(part, name)
  }
  write('without.json', result)
  return await faultline('verify', path('without.json'), '--rerun', 'none')
}

test('every scenario is as it says, however short, and what is taken out of all its trials is missed', async () => {
  const scenarios = 'elision,dirty-log,apic-page,mixed'
  const flags = ['-m', 'altra-64', '--vcpus', '2', '--duration', '1ms', '--warmup', '300us', '--draws', '0', '--quiet']
  await faultline('bench', '-s', scenarios, ...flags, '--out', path('several.json'))
  const { code, out } = await faultline('verify', path('several.json'), '--rerun', 'none')
  assert.deepEqual([code, out.match(/every summary follows/g)?.length], [0, 1], out)
  for (const name of ['faults_per_second', 'retries_per_fault', 'flushes_per_unmap', 'mmu_lock_hold_max_ns']) {
    const { code: exit, out: says } = await without(({ metrics }, own) => delete metrics?.[own], name)
    assert.equal(exit, 1, name)
    assert.match(says, new RegExp(`has no ${name}$`, 'm'))
  }
  for (const name of ['pf_taken', 'pf_fixed', 'exits', 'unmap_gfn_range_calls', 'apic_reloads']) {
    const { code: exit } = await without(({ counters }, own) => delete counters?.[own], name)
    assert.equal(exit, 1, name)
  }
})

test('it is a baseline, too', async () => {
  const { code, out } = await faultline('regress', '--baseline', path('mine.json'))
  assert.match(out, /every figure as it was/)
  assert.equal(code, 0)
})

test('a machine in the file that is not the one that ran is found', async () => {
  const result = resultIn('mine.json')
  const [[word, own]] = Object.entries(result.profiles!) as [[string, Profile]]
  const cheaper = { ...own, parameters: { ...own.parameters, ...profile('mine', 1).parameters } }
  write('swapped.json', { ...result, profiles: { [word]: cheaper } })
  const { code, out } = await faultline('verify', path('swapped.json'))
  assert.match(out, /mine has other costs than it had: profile \w{16}, now \w{16}/)
  assert.equal(code, 1)
})

test('a machine is its costs: another of the same name is not compared, unless forced', async () => {
  await bench('lookalike.json', '-m', path('lookalike.profile.json'))
  const compared = ['compare', path('altra.json'), path('lookalike.json')]
  const { code, out } = await faultline(...compared)
  assert.match(out, /the machine altra-64 is not the same: its profile differs: \w{16}, \w{16}/)
  assert.equal(code, 4)
  assert.equal((await faultline(...compared, '--force')).code, 0)
})

test('a plan with two machines of one name is refused', async () => {
  const { code, err } = await bench('two.json', '-m', `altra-64,${path('lookalike.profile.json')}`)
  assert.equal(code, 2)
  assert.match(err, /two machines are called altra-64/)
})

const COMMANDS: readonly (readonly [words: string[], says: RegExp])[] = [
  [['--nosuchflag', '5'], /Unknown argument: nosuchflag/],
  [['--trace', '/etc/passwd'], /its command wants to open \/etc\/passwd/],
  [['--memslots', '/etc/passwd'], /its command wants to open \/etc\/passwd/],
  [['--config', '/etc/passwd'], /its command wants to open \/etc\/passwd/],
  [['--variant', './evil.ts'], /its command wants to open \.\/evil\.ts/],
  [['--trace', '-'], /its command reads standard input/],
  [['-m', '/etc/passwd'], /it does not carry the machine '\/etc\/passwd'/],
  [['-m', 'host'], /it does not carry the machine 'host'/],
  [['--vcpus', '1', '--vcpus', '2'], /--vcpus is given 2 times/],
  [['x'], /Too many non-option arguments/],
  [['--help'], /Unknown argument: help/],
]

for (const [words, says] of COMMANDS) {
  test(`the command in a result may not say ${words.join(' ')}`, async () => {
    write('command.json', { ...resultIn('altra.json'), command: ['bench', ...words] })
    const { code, out, err } = await faultline('verify', path('command.json'))
    assert.match(err, says)
    assert.equal(code, 2)
    assert.doesNotMatch(out, /root:|run again/)
  })
}

test('what a command opens is opened if the user names it', async () => {
  const trace = path('nothing.trace')
  writeFileSync(trace, 'no events\n')
  write('traced.json', {
    ...resultIn('altra.json'),
    command: ['bench', '-s', 'precheck', '-m', 'altra-64', '--trace', trace],
  })
  const { err } = await faultline('verify', path('traced.json'), '--open', trace)
  assert.match(err, /nothing\.trace/)
  assert.doesNotMatch(err, /wants to open/)
})

test('threads are not started by a file, however exact it calls its figures', async () => {
  const result = resultIn('altra.json')
  const runs = result.runs.map((run) => ({ ...run, machine: 'threads', kind: 'measured', model: undefined }))
  write('threads.json', { ...result, command: ['bench', ...SHORT], runs })
  const { out } = await faultline('verify', path('threads.json'))
  assert.match(out, /1 exact run not run again: --rerun all does/)
})

test('nothing is run again if the user says so', async () => {
  const { code, out } = await faultline('verify', path('altra.json'), '--rerun', 'none')
  assert.match(out, /1 modelled run not run again: --rerun modelled does/)
  assert.equal(code, 0)
})

test('a part of a plan is verified as that part, and the parts together as the whole', async () => {
  const plan = [
    'bench',
    '-s',
    'precheck',
    '-m',
    'altra-64',
    '--vcpus',
    '1,2',
    '--duration',
    '300us',
    '--warmup',
    '100us',
  ]
  for (const part of ['1', '2']) {
    await faultline(...plan, '--quiet', '--shard', `${part}/2`, '--out', path(`part-${part}.json`))
    const { code, out } = await faultline('verify', path(`part-${part}.json`))
    assert.equal(code, 0, out)
  }
  await faultline('merge', path('part-1.json'), path('part-2.json'), '--out', path('whole.json'))
  const { code, out } = await faultline('verify', path('whole.json'))
  assert.match(out, /^4 runs, 4 trials: every summary follows/)
  assert.equal(code, 0, out)
  const { digest: _, ...whole } = resultIn('whole.json')
  write('less.json', { ...whole, runs: whole.runs.slice(1) })
  const less = await faultline('verify', path('less.json'))
  assert.match(less.out, /its command asks for precheck no-precheck on altra-64, which is missing or differs/)
  assert.equal(less.code, 1)
})
