import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultline, MAIN, SHORT } from './running.contract.ts'

test('wrong use exits with 2, and a sentence says what is wrong and what to do', async () => {
  const wrong: [string[], RegExp][] = [
    [[], /name a command/],
    [['bnech'], /Did you mean bench/],
    [['bench', '--foo'], /Unknown argument: foo/],
    [['bench', '-s', 'nope'], /no scenario 'nope'[\s\S]*precheck/],
    [['bench', '-s', 'precheck', '--variant', 'nope'], /no variant 'nope'[\s\S]*no-precheck/],
    [['bench', '-m', 'cray-1'], /no machine 'cray-1'[\s\S]*threads/],
    [['bench', '--vcpus', '0'], /--vcpus is '0'/],
    [['bench', '--vcpus', '1..1000000000000'], /--vcpus/],
    [['bench', '--vcpus', '300'], /--vcpus/],
    [['bench', '--duration', 'soon'], /--duration is 'soon'/],
    [['bench', '--duration', '300'], /would take about \d+ minutes[\s\S]*ms/],
    [['bench', '--trials', 'many'], /--trials is 'many'/],
    [['bench', '--set', 'range'], /--set is 'range'/],
    [['bench', '--set', 'range=-1'], /range is '-1'/],
    [['bench', '--set', 'cost.nope=1'], /no cost 'nope'/],
    [['bench', '-s', 'precheck', '--arrival', 'open'], /needs a rate/],
    [['bench', '--rate', '5'], /the loop is closed/],
    [['bench', '--trials', '1', '--trials', '2'], /--trials is given 2 times/],
    [['bench', '--config', 'nowhere.json'], /nowhere.json/],
    [['bench', '-s', 'precheck', ...SHORT, '--out', '/proc/nope/x.json'], /cannot be written/],
  ]
  const ended = await Promise.all(wrong.map(([args]) => faultline(args)))
  for (const [index, [args, says]] of wrong.entries()) {
    const { code, err, folder } = ended[index]!
    assert.equal(code, 2, `${args.join(' ')}: ${err}`)
    assert.match(err, says)
    assert.doesNotMatch(err, /\n\s+at /, 'no stack trace')
    assert.ok(err.trim().split('\n').length <= 3, err)
    assert.equal(existsSync(join(folder, 'results')), false, 'nothing half-written')
  }
})

test('the layout shows where the words lie, and runs nothing', async () => {
  const { code, out, folder } = await faultline(['bench', '-s', 'precheck', '--layout'])
  assert.equal(code, 0)
  assert.match(out, /^name +line +offset +written by$/m)
  assert.match(out, /^mmuLock\.cnts +\d+ +0 {2}/m)
  assert.equal(existsSync(join(folder, 'results')), false)
  const refused = await faultline(['bench', '-s', 'primitives', '--layout'])
  assert.equal(refused.code, 2)
  assert.match(refused.err, /primitives has no VM/)
})

test('help answers for the program and for each command', async () => {
  for (const args of [['--help'], ['bench', '--help'], ['list', '--help'], ['calibrate', '--help']]) {
    const { code, out } = await faultline(args)
    assert.equal(code, 0)
    assert.match(out, /faultline/)
  }
})

test('output can be cut off by a pipe', async () => {
  const shell = spawn('sh', ['-c', `"${process.execPath}" "${MAIN}" list | head -1`])
  let err = ''
  shell.stderr.on('data', (chunk) => {
    err += chunk
  })
  await new Promise((resolve) => shell.on('close', resolve))
  assert.equal(err, '')
})
