import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Result } from '../bench/result.ts'
import { installPacked } from './packed.contract.ts'

// A patch as a user has it: a file in an empty folder, with faultline as `npm pack` packs it.

const folder = mkdtempSync(join(tmpdir(), 'faultline-user-'))
const brief = ['--vcpus', '2', '--duration', '1ms', '--draws', '0']
const modelled = ['-s', 'precheck', '-m', 'altra-64', ...brief, '--no-progress', '--force', '--out', 'x.json']

before(() => installPacked(folder))

after(() => rmSync(folder, { recursive: true }))

const main = join(folder, 'node_modules', 'faultline', 'dist', 'cli', 'main.js')

/** A patch of `isPageFaultStale`, NAME.js: it takes the sequence, and `rest` goes on from line 7. */
function writePatch(name: string, rest: string): void {
  writeFileSync(
    join(folder, `${name}.js`),
    `import { patch, V6_8 } from 'faultline/kvm'

export default patch({ name: '${name}', on: V6_8, says: 'it is tried', replaces: { isPageFaultStale } })

function* isPageFaultStale(cpu, vm, fault) {
  const seq = yield* cpu.load(vm.invalidateSeq)
${rest}`,
  )
}

function faultline(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { cwd: folder, encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}

const resultOf = () => JSON.parse(readFileSync(join(folder, 'x.json'), 'utf8')) as Result

test('the types of the package are whole: all that it exports compiles strictly, and a flag that there is not does not', () => {
  const { exports } = JSON.parse(readFileSync(join(folder, 'node_modules', 'faultline', 'package.json'), 'utf8'))
  const typed = Object.keys(exports).filter((door) => exports[door].types !== undefined)
  assert.ok(typed.length > 4)
  const text = [
    ...typed.map((door, at) => `import * as door${at} from 'faultline${door.slice(1)}'\nvoid door${at}`),
    "import { bench, type BenchFlags } from 'faultline'",
    "const flags: BenchFlags = { scenario: 'precheck', vcpus: 2, 'time-budget': '20s' }",
    'void bench(flags)',
    '// @ts-expect-error: no flag of this name',
    'void bench({ trails: 3 })',
  ]
  writeFileSync(join(folder, 'use.ts'), text.join('\n'))
  const options = { module: 'nodenext', target: 'es2023', lib: ['es2024'], types: ['node'], strict: true, noEmit: true }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['use.ts'] }))
  const tsc = join(folder, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
  rmSync(join(folder, 'tsconfig.json'))
  assert.deepEqual([status, stdout], [0, ''])
})

test('a new patch is written, compared by diff, and run on threads and on a modelled machine beside one of our variants', () => {
  const begun = faultline('new', 'patch', 'my-yield.ts', '--from', 'coarse-yield')
  assert.equal(begun.code, 0, begun.err)
  const same = faultline('diff', 'coarse-yield', './my-yield.ts')
  assert.equal(same.code, 0, same.err)
  assert.match(same.out, /^\+\+\+ my-yield tdpMmuIterCondResched \.\/my-yield\.ts:\d+$/m)

  const run = faultline('bench', '--variant', 'precheck', '--variant', './my-yield.ts', ...modelled)
  assert.equal(run.code, 0, run.err)
  const [ours, own] = resultOf().runs
  assert.equal(ours!.patch, undefined)
  assert.equal(own!.variant, 'my-yield')
  assert.equal(own!.patch!.file, './my-yield.ts')
  assert.equal(own!.patch!.base, 'v6.5')
  assert.match(own!.patch!.diff, /yieldEvery2M/)
  assert.notEqual(own!.definition, ours!.definition)
  assert.equal(own!.counters.retry_precheck_before_pfn, undefined)

  const short = [
    '--trials',
    '1',
    '--duration',
    '40ms',
    '--warmup',
    '20ms',
    '--force',
    '--out',
    'x.json',
    '--no-progress',
  ]
  const threads = faultline('bench', '-s', 'precheck', '--variant', './my-yield.ts', ...short)
  assert.equal(threads.code, 0, threads.err)
  assert.equal(resultOf().runs[0]!.machine, 'threads')
})

test('a patch that is wrong fails the check, with a witness in its own lines, whose schedule is bound to the file', () => {
  const text = `import { type Cpu, type Fault, patch, type Steps, V6_8, type Vm } from 'faultline/kvm'

export default patch({
  name: 'never-stale',
  on: V6_8,
  says: 'no fault is ever stale',
  replaces: { isPageFaultStale: neverStale },
})

function* neverStale(cpu: Cpu, vm: Vm, fault: Fault): Steps<boolean> {
  yield* cpu.load(vm.invalidateSeq)
  return fault.gfn < 0
}
`
  writeFileSync(join(folder, 'never-stale.ts'), text)
  const asked = ['check', 'precheck', '--variant', './never-stale.ts', '--configuration', 'one-vcpu', '--no-progress']
  const checked = faultline(...asked)
  assert.equal(checked.code, 1, checked.err)
  assert.match(checked.out, /^FAIL never-stale in one-vcpu/m)
  assert.match(checked.out, /neverStale\(\) {2}never-stale\.ts\n +11: load mmuInvalidate\.seq is/)
  assert.match(checked.out, /stale_install|install_in_progress|stale_use/)
  const [, schedule = ''] =
    /--variant \.\/never-stale\.ts --configuration one-vcpu --replay (\S+)/.exec(checked.out) ?? []
  const again = faultline(...asked, '--replay', schedule)
  assert.equal(again.code, 1, again.err)

  writeFileSync(join(folder, 'never-stale.ts'), `${text}// changed\n`)
  const other = faultline(...asked, '--replay', schedule)
  assert.equal(other.code, 2, other.out)
  assert.match(other.err, /the schedule is of definition \w+, and never-stale in one-vcpu is now \w+/)
})

test('a patch that throws is reported with its file, line and function on all three machines, and with its stack on request', () => {
  writePatch(
    'throws',
    `  return isOld(seq, fault['nothing'])
}

function isOld(seq, nothing) {
  return nothing.seq < seq
}
`,
  )
  const asked = ['bench', '--variant', './throws.js']
  const short = [
    '-s',
    'precheck',
    '--trials',
    '1',
    '--duration',
    '40ms',
    '--warmup',
    '20ms',
    '--out',
    'x.json',
    '--force',
  ]
  const threads = faultline(...asked, ...short)
  assert.equal(threads.code, 3, threads.err)
  assert.match(threads.out, /failed at throws\.js:11:18, in isOld\(\): Cannot read properties of undefined/)
  const model = faultline(...asked, ...modelled)
  assert.equal(model.code, 3, model.err)
  assert.match(model.out, /failed at throws\.js:11:18, in isOld\(\): Cannot read properties of undefined/)
  for (const { out, err } of [threads, model]) assert.doesNotMatch(out + err, /please report it|^ {4}at /m)
  const checked = faultline(
    'check',
    'precheck',
    '--variant',
    './throws.js',
    '--configuration',
    'one-vcpu',
    '--no-progress',
  )
  assert.equal(checked.code, 1, checked.err)
  assert.match(checked.out, /threw: the actor failed: Cannot read .*, at throws\.js:11:\d+, in isOld\(\)/)
  const traced = spawnSync(process.execPath, [main, ...asked, ...modelled], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, FAULTLINE_TRACE: '1' },
  })
  assert.match(traced.stderr, /^ +at isOld \(file:.*throws\.js\.mjs:11:18\)$/m)
})

test('the steps of a patch are left out one at a time, and the check notices those that matter', () => {
  writePatch(
    'own-stale',
    `  yield* cpu.load(vm.invalidateSeq)
  return (yield* vm.kvm.invalidateRetryGfn(cpu, vm, fault.seq, fault.gfn)) || seq !== fault.seq
}
`,
  )
  const asked = [
    '--variant',
    './own-stale.js',
    '--configuration',
    'one-vcpu',
    '--memory',
    'sc',
    '--mutants',
    '--no-progress',
  ]
  const { code, out, err } = faultline('check', 'precheck', ...asked)
  assert.equal(code, 1, err)
  const rows = out.split('\n').filter((line) => line.startsWith('| own-stale.js'))
  const verdicts = rows.map((row) => row.split(' | ').slice(2, 5).join(' ').replaceAll('`', ''))
  assert.deepEqual(verdicts, [
    'cpu.load(vm.invalidateSeq) unasked killed',
    'cpu.load(vm.invalidateSeq) plain unknown',
    'cpu.load(vm.invalidateSeq) dropped survived',
    'cpu.load(vm.invalidateSeq) plain unknown',
    'vm.kvm.invalidateRetryGfn(cpu, vm, fault.seq, fault.gfn) unasked killed',
  ])
})

test('types are checked if there is a compiler, and an existing file is not overwritten', () => {
  writeFileSync(
    join(folder, 'types.ts'),
    "import { patch, V6_8 } from 'faultline/kvm'\n\nexport default patch({ name: 'types', on: V6_8, says: 7, replaces: {} })\n",
  )
  const typed = faultline('diff', 'precheck', './types.ts')
  assert.equal(typed.code, 2)
  assert.match(typed.err, /types\.ts:3:49: Type 'number' is not assignable to type 'string'/)
  const text = readFileSync(join(folder, 'types.ts'), 'utf8')
  assert.equal(faultline('new', 'patch', 'types.ts').code, 2)
  assert.equal(readFileSync(join(folder, 'types.ts'), 'utf8'), text)
})

test('a result cannot make faultline load a patch that the user has not named', () => {
  writeFileSync(
    join(folder, 'named.ts'),
    "import { patch, V6_8 } from 'faultline/kvm'\n\nexport default patch({ name: 'named', on: V6_8, says: 'as it is', replaces: {} })\n",
  )
  assert.equal(faultline('bench', '--variant', './named.ts', ...modelled).code, 0)
  const again = faultline('verify', 'x.json')
  assert.equal(again.code, 2, again.out + again.err)
  assert.match(again.err, /wants to open \.\/named\.ts/)
})
