import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { profileNames } from '../model/profile.ts'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-plans-'))
test.after(() => rmSync(FOLDER, { recursive: true }))

function file(name: string, content: string | object): string {
  const path = join(FOLDER, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('a plan that is too large is refused with its size, before it is made', async () => {
  const model = ['bench', '-s', 'precheck', '-m', 'altra-64']
  for (const [args, says] of [
    [['--seed', '0..400000000'], /400000001 numbers, more than 10000/],
    [['--vcpus', '1..1024', '--notifiers', '0..1024'], /1049600 loads, more than 10000|--notifiers/],
    [['--vcpus', '1..1024', '--notifiers', '0..1000'], /1025024 loads, more than 10000/],
    [['--set', 'machine.cpus=1000000000'], /cpus is 1000000000, more than 4096/],
    [['--set', 'machine.load_ns=1e308'], /load_ns is 1e\+308, more than 1000000000/],
    [['--what-if', `flush=${'9'.repeat(300)}`], /is more than 1000000000/],
    [['--seed', '0..9999', '--vcpus', '1..64', '--draws', '0'], /trials, more than 1000000|would take about/],
  ] as const) {
    const { code, err } = await faultline(...model, ...args)
    assert.equal(code, 2, err)
    assert.match(err, says)
  }
})

test('a machine of a file has costs within ranges', async () => {
  const parameter = { value: 1e308, unit: 'ns', low: 0, high: 1e308, class: 'E', source: 'an example' }
  const profile = { schema: 'faultline.profile', version: 1, name: 'x', cpu: 'x', inherit: profileNames()[0] }
  const path = file('x.json', { ...profile, parameters: { load_ns: parameter } })
  const { code, err } = await faultline('bench', '-s', 'precheck', '-m', path)
  assert.equal(code, 2)
  assert.match(err, /load_ns is 1e\+308, more than 1000000000/)
})

test('flags in a file may be numbers, and a file that holds no flags is refused', async () => {
  const layout = (path: string) => faultline('bench', '-s', 'precheck', '--layout', '--config', path)
  const { code, out, err } = await layout(
    file('config.json', { trials: 2, vcpus: 3, set: ['range=512'], quiet: true, seed: 7 }),
  )
  assert.equal(code, 0, err)
  assert.match(out, /precheck no-precheck: 3 vCPUs/)
  const marked = await layout(file('marked.json', '\ufeff{"vcpus":4}'))
  assert.match(marked.out, /4 vCPUs/, marked.err)
  for (const [content, says] of [
    ['{"trials":', /c\.json is not JSON/],
    ['[1]', /holds no flags/],
    ['null', /holds no flags/],
    ['{"trials":null}', /"trials" is null, which is neither a text nor a number/],
    ['{"set":{"range":1}}', /"set" is \{"range":1\}, which is neither/],
    ['{"toString":1}', /c\.json, line 1: bench has no flag 'toString'/],
    ['{"__proto__":1}', /c\.json, line 1: bench has no flag '__proto__'/],
    ['{"vcpus": 1,\n "trails": 3}', /c\.json, line 2: bench has no flag 'trails'\nDid you mean trials\?/],
    ['{"s": "precheck",\n\n"scenario": "icache"}', /c\.json, line 3: scenario is given twice/],
    ['{"quiet": "yes"}', /c\.json, line 1: "quiet" is "yes", which is neither true nor false/],
    ['{"trials": true}', /c\.json, line 1: "trials" is true, which is neither a text nor a number/],
    ['{"trials":[1,2]}', /--trials is '1,2', which is not a whole number.*\n.*\n.*c\.json gives flags too: trials\./],
  ] as const) {
    const refused = await layout(file('c.json', content))
    assert.equal(refused.code, 2, `${content}: ${refused.err}`)
    assert.match(refused.err, says)
  }
})

test('words are atomics or wasm, and are about threads', async () => {
  for (const [args, says] of [
    [
      ['-m', 'threads', '--words', 'cache'],
      /--words is 'cache', which is not a way to access words.*--words atomics or --words wasm/s,
    ],
    [['-m', 'altra-64', '--words', 'wasm'], /nothing runs on threads.*-m threads/s],
  ] as const) {
    const refused = await faultline('bench', '-s', 'precheck', '--layout', ...args)
    assert.equal(refused.code, 2, refused.err)
    assert.match(refused.err, says)
  }
})

test('a byte order mark before a result or a profile is accepted', async () => {
  const plan = [
    'bench',
    '-s',
    'icache',
    '-m',
    'altra-64',
    '--vcpus',
    '1',
    '--duration',
    '1ms',
    '--draws',
    '0',
    '--quiet',
  ]
  const path = join(FOLDER, 'r.json')
  assert.equal((await faultline(...plan, '--out', path)).code, 0)
  const marked = file('marked-result.json', `\ufeff${readFileSync(path, 'utf8')}`)
  assert.equal((await faultline('verify', marked, '--rerun', 'none')).code, 0)
})

test('an error of the system about a file is a sentence, and not reported as our fault', async () => {
  file('results', 'taken')
  const here = file('plain', 'x')
  const result = join(FOLDER, 'r.json')
  for (const [args, says] of [
    [['bench', '-s', 'icache', '-m', 'altra-64', '--out', join(here, 'x.json')], /a part of its path is not a folder/],
    [['verify', FOLDER], /cannot be read: it is a folder/],
    [['export', result, '--format', 'csv', '--out', here], /exists already/],
    [['export', result, '--format', 'hgrm', '--out', here], /exists already|is not a folder|holds nothing/],
    [['regress', '--baseline', here], /is not JSON/],
    [['trend', FOLDER], /cannot be read: it is a folder/],
    [['trace', FOLDER], /is a directory/],
  ] as const) {
    const { code, err } = await faultline(...args)
    assert.equal(code, 2, err)
    assert.match(err, says)
    assert.doesNotMatch(err, /should not have happened/)
  }
})

test('a modelled run ends whose CPUs only work, although they meet at no word', async () => {
  const plan = [
    'bench',
    '-m',
    'altra-64',
    '-s',
    'fault-scaling',
    '--set',
    'operation=section',
    '--variant',
    'lock-free',
  ]
  const quick = ['--duration', '0.1ms', '--draws', '0', '--quiet', '--out', join(FOLDER, 'only-work.json'), '--force']
  for (const vcpus of ['1', '3']) {
    const more = ['--vcpus', vcpus, '--set', 'cost.operation_outside=100', '--set', 'clear=outside']
    const { code, out, err } = await faultline(...plan, ...quick, ...more)
    assert.equal(code, 0, err)
    assert.match(out, /operations\/s/)
  }
})

test('a modelled run in which nothing takes time is refused in one sentence, whether its CPUs run on or wait in turns', async () => {
  const quick = ['--duration', '0.1ms', '--draws', '0', '--quiet', '--out', join(FOLDER, 'no-time.json'), '--force']
  const free = (...names: string[]) => names.flatMap((name) => ['--set', `${name}=0`])
  const access = free('machine.rmw_ns', 'machine.load_ns', 'machine.store_ns', 'cost.guest_access', 'cost.dirty_page')
  for (const own of [
    ['-s', 'fault-scaling', '--variant', 'lock-free', '--set', 'operation=section'],
    ['-s', 'fault-scaling', '--variant', 'lock-free', '--set', 'operation=dirty', ...access],
  ]) {
    const { code, out, err } = await faultline('bench', '-m', 'altra-64', '--vcpus', '2', ...own, ...quick)
    assert.equal(code, 2, `${out}${err}`)
    assert.match(out, /virtual time stands still at [\d.]+ ns: 1000000 operations of a CPU in a row took no time/)
  }
})

test('a file whose name has a comma is refused where lists name files, and not begun under such a name', async () => {
  const patch = join(FOLDER, 'my,patch.ts')
  writeFileSync(patch, '')
  for (const flag of ['--variant', '--machine', '--times']) {
    const { code, err } = await faultline('bench', '-s', 'precheck', flag, `threads,${patch}`)
    assert.equal(code, 2)
    assert.match(
      err,
      /is a list, and \S+my,patch.ts has a comma in its name\nGive it a name without one: \S+my-patch.ts/,
    )
  }
  const begun = await faultline('new', 'patch', join(FOLDER, 'a,b.ts'))
  assert.equal(begun.code, 2)
  assert.match(begun.err, /a,b.ts has a comma in its name, so the list of --variant could not name it/)
})
