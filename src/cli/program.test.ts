import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Result } from '../bench/result.ts'
import { COMMANDS } from './commands.ts'
import { readConfig } from './config-file.ts'
import { variableOf, withEnvironment } from './environment.ts'
import { faultline, runProgram } from './faultline.contract.ts'
import { flagsOf } from './flag-table.ts'

test('an unknown flag or command is answered with the nearest one', async () => {
  const flag = await faultline('bench', '--trails', '3')
  assert.equal(flag.code, 2)
  assert.match(flag.err, /Unknown argument: trails\nDid you mean --trials\? Try `faultline bench --help`/)
  const command = await faultline('bnech')
  assert.equal(command.code, 2)
  assert.match(command.err, /Did you mean bench\?/)
  assert.match((await faultline('verison')).err, /Did you mean version\?/)
  const scenario = await faultline('instruments')
  assert.equal(
    scenario.err,
    "faultline: there is no command 'instruments'\nTo ask that question: `faultline bench -s instruments`.\n",
  )
})

test('a command line that begins with a flag is answered with the nearest flag, or with the command that has it', async () => {
  const cases = [
    ['--hlep', /^faultline: Unknown argument: hlep\nDid you mean --help\? Try/],
    ['--verison', /^faultline: Unknown argument: verison\nDid you mean --version\? Try/],
    ['--zzzzzz', /^faultline: Unknown argument: zzzzzz\nTry `faultline --help`/],
    [
      '-s precheck',
      /^faultline: -s is a flag of bench, .*named\nWrite the command first: `faultline bench -s precheck`/,
    ],
    ['--format=table', /^faultline: --format is a flag of compare, regress, .*`faultline compare --format=table`/s],
  ] as const
  for (const [words, says] of cases) {
    const { code, err } = await faultline(...words.split(' '))
    assert.equal(code, 2)
    assert.match(err, says)
  }
  assert.match((await faultline()).err, /^faultline: name a command\nTry/)
})

test('help answers by -h and by name, and says the exit codes', async () => {
  const short = await faultline('-h')
  assert.match(short.out, /4 nothing comparable, or nothing measured that could answer/)
  assert.equal((await faultline('help', 'verify')).out, (await faultline('verify', '--help')).out)
  assert.match((await faultline('version')).out, /^0\.0\.0$/m)
})

test('a command that has ended no longer listens to the signal that it ran with', async () => {
  const { signal } = new AbortController()
  await runProgram(['list'], { signal })
  await runProgram(['list', 'nosuch'], { signal })
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('one parameter has one value', async () => {
  const { code, err } = await faultline('bench', '--set', 'range=1', '--set', 'range=2')
  assert.equal(code, 2)
  assert.match(err, /--set range is given more than once/)
})

test('a flag from the environment applies, unless it is given on the command line', async () => {
  const environment = {
    FAULTLINE_TRIALS: '5',
    FAULTLINE_SET: 'range=8 hot=1',
    FAULTLINE_QUIET: '1',
    FAULTLINE_TRACE: '1',
  }
  const { words } = await withEnvironment(['bench', '-s', 'precheck', '--trials=7'], environment, COMMANDS)
  assert.deepEqual(words, ['bench', '--set=range=8', '--set=hot=1', '--quiet', '-s', 'precheck', '--trials=7'])
  const other = await withEnvironment(['compare', 'a.json'], environment, COMMANDS)
  assert.deepEqual(other, { words: ['compare', 'a.json'], used: [], warnings: [] })
  assert.equal(variableOf('time-budget'), 'FAULTLINE_TIME_BUDGET')
})

test('every flag of every command can stand in a file and in the environment', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-flags-'))
  const file = join(folder, 'flags.json')
  for (const command of COMMANDS) {
    const taking = { name: command.name, flags: await flagsOf(command) }
    const flags = taking.flags.filter(({ name }) => !['help', 'config'].includes(name))
    const values = flags.map((flag) => [flag.name, flag.isSwitch ? true : flag.isList ? ['a=1', 'b=2'] : 7] as const)
    writeFileSync(file, JSON.stringify(Object.fromEntries(values), null, 1))
    assert.deepEqual(
      Object.entries(readConfig(file, taking)),
      values.map(([name, value]) => [name, value === 7 ? '7' : value]),
    )
    const environment = Object.fromEntries(
      values.filter(([name]) => name !== 'trace').map(([name, value]) => [variableOf(name), [value].flat().join(' ')]),
    )
    const { words, warnings } = await withEnvironment([command.name], environment, COMMANDS)
    assert.deepEqual(warnings, [])
    for (const [name, value] of values.filter(([each]) => each !== 'trace')) {
      const given = value === true ? [`--${name}`] : [value].flat().map((one) => `--${name}=${one}`)
      for (const word of given) assert.ok(words.includes(word), `${command.name} ${word}`)
    }
  }
  rmSync(folder, { recursive: true })
})

test('a switch of the environment may be off, and a file of flags may be named there', async () => {
  const environment = { FAULTLINE_QUIET: 'no', FAULTLINE_JSON: 'off', FAULTLINE_CONFIG: 'mine.json' }
  const { words } = await withEnvironment(['bench'], environment, COMMANDS)
  assert.deepEqual(words, ['bench', '--config=mine.json'])
})

test('an unknown variable is reported with the nearest known one', async () => {
  const environment = { FAULTLINE_TRAILS: '5', FAULTLINE_MUTANTS: '1', FAULTLINE_HOME: '/opt', HOME: '/root' }
  const { code, out, err } = await runProgram(['list', 'machines', '--json'], { environment })
  assert.equal(code, 0)
  assert.ok(JSON.parse(out))
  assert.deepEqual(err.trim().split('\n'), [
    'faultline: the environment variable FAULTLINE_TRAILS is ignored: did you mean FAULTLINE_TRIALS?',
    'faultline: the environment variable FAULTLINE_HOME is ignored: no command has such a flag',
  ])
})

test('an error in a value from the environment says where the value comes from', async () => {
  const { code, err } = await runProgram(['bench', '-m', 'altra-64'], { environment: { FAULTLINE_TRIALS: 'many' } })
  assert.equal(code, 2)
  assert.match(err, /--trials is 'many'.*\n.*\nThe environment gives flags too: FAULTLINE_TRIALS\.\n$/)
})

test('each shell is offered every command and every flag', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out } = await faultline('completion', shell)
    for (const command of COMMANDS) {
      assert.ok(out.includes(command.name), `${shell}: ${command.name}`)
      for (const { name } of await flagsOf(command))
        assert.ok(out.includes(name), `${shell}: ${command.name} --${name}`)
    }
  }
})

test('bash takes the completion, and completes flags, their values, and what stands after a command', async () => {
  const { out } = await faultline('completion', 'bash')
  const lines: readonly (readonly [line: string, completed: string])[] = [
    ['verify --re', '--rerun'],
    ['bench -s pre', 'precheck'],
    ['check --memory r', 'relaxed'],
    ['list prec', 'precheck'],
    ['help ben', 'bench'],
    ['bench -s precheck,ica', 'precheck,icache'],
    ['bench --scenario = ica', 'icache'],
    ['bench -s icache --variant thr', 'threshold'],
    ['check precheck --variant no-precheck,no-y', 'no-precheck,no-yield'],
  ]
  const asked = lines.map(([line]) => {
    const words = line.split(' ')
    return `COMP_WORDS=(faultline ${line}) COMP_CWORD=${words.length}; _faultline; echo "\${COMPREPLY[@]}"`
  })
  const { stdout, stderr } = spawnSync('bash', ['-c', [out, ...asked].join('\n')], { encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.deepEqual(
    stdout.trim().split('\n'),
    lines.map(([, completed]) => completed),
  )
})

const isThere = (shell: string) => spawnSync(shell, ['--version']).error === undefined

test('fish takes the completion, with lists and the variants of the scenario', { skip: !isThere('fish') }, async () => {
  const { out } = await faultline('completion', 'fish')
  const lines = ['bench -s prec', 'bench -m altra-64,altra-2', 'bench -s icache --variant thr', 'list kern']
  const asked = lines.map((line) => `complete -C 'faultline ${line}' | string split -f1 \\t`)
  const { stdout, stderr } = spawnSync('fish', ['-N', '-c', [out, ...asked].join('\n')], { encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.deepEqual(stdout.trim().split('\n'), ['precheck', 'altra-64,altra-2s', 'threshold', 'kernels'])
})

test('zsh can read the completion', { skip: !isThere('zsh') }, async () => {
  const { out } = await faultline('completion', 'zsh')
  const { status, stderr } = spawnSync('zsh', ['-n'], { input: out, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})

test('every flag of every command says what it is for', async () => {
  for (const command of COMMANDS) {
    for (const { name, says } of await flagsOf(command)) assert.ok(says.length > 3, `${command.name} --${name}`)
  }
})

test('the version that the program says is that of its package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const main = new URL('./main.js', import.meta.url).pathname
  assert.equal(spawnSync(process.execPath, [main, '--version'], { cwd: '/', encoding: 'utf8' }).stdout.trim(), version)
})

test('a list in --config is the list that a flag takes, of numbers too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-config-'))
  const [config, out] = ['config.json', 'result.json'].map((name) => join(folder, name)) as [string, string]
  const flags = { scenario: ['precheck'], variant: ['no-precheck', 'precheck'], vcpus: [1, 2], seed: [3, 4], out }
  const set = ['range=4', 'pause-us=10']
  writeFileSync(
    config,
    JSON.stringify({ ...flags, set, machine: 'altra-64', duration: '0.1ms', draws: 0, quiet: true }),
  )
  const { code, err } = await faultline('bench', '--config', config)
  assert.equal(code, 0, err)
  const { runs } = JSON.parse(readFileSync(out, 'utf8')) as Result
  assert.deepEqual(
    runs.map(({ variant, params, trials }) => [variant, params.vcpus, params.range, trials.length]),
    [1, 2].flatMap((vcpus) => ['no-precheck', 'precheck'].map((variant) => [variant, vcpus, 4, 2])),
  )
  rmSync(folder, { recursive: true })
})

test('a misspelt choice, parameter or machine is answered with the nearest one', async () => {
  for (const [words, says] of [
    [['export', 'x.json', '--format', 'chrom'], /^faultline: format is 'chrom', .*\nDid you mean chrome-trace\?/],
    [['completion', 'zhs'], /^faultline: shell is 'zhs', .*\nDid you mean zsh\?/],
    [['compare', 'a', 'b', '--fail-onn', 'worse'], /^faultline: Unknown argument: fail-onn\nDid you mean --fail-on\?/],
    [['bench', '-s', 'precheck', '--set', 'shap=boot'], /no parameter 'shap'\nDid you mean shape\?/],
    [['bench', '-s', 'precheck', '-m', 'altra64'], /no machine 'altra64'\nDid you mean altra-64\?/],
    [['bench', '-s', 'precheck', '-m', 'altra-64', '--set', 'machine.cpsu=4'], /Did you mean cpus\?/],
  ] as const) {
    const { code, err } = await faultline(...words)
    assert.equal(code, 2)
    assert.match(err, says)
  }
})

test('list is short, and `list NAME` prints the details of one entry', async () => {
  for (const kind of ['metrics', 'kernels', 'machines']) {
    const { out } = await runProgram(['list', kind], { columns: 80 })
    assert.ok(out.split('\n').length < 70, kind)
    for (const line of out.split('\n')) assert.ok(line.length <= 80, line)
  }
  for (const [name, says] of [
    ['v6.8', /^v6\.8, against v6\.5:\n {4}\w+ +[0-9a-f]{12} /],
    ['flushes_per_unmap', /unit +1\n +better +lower\n[\s\S]*precheck +remote TLB flushes per unmap/],
    ['range', /^ +mixed +512 +1\.\.1048576 /m],
    ['B-STALE', /^ +precheck +.*broken, caught by/m],
  ] as const) {
    assert.match((await faultline('list', name)).out, says)
  }
  const { code, err } = await faultline('list', 'flush_per_unmap')
  assert.equal(code, 2)
  assert.match(err, /Did you mean flushes_per_unmap\?/)
})
