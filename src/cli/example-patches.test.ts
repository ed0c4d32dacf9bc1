import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Result } from '../bench/result.ts'
import { faultline } from './faultline.contract.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const EXAMPLES = join(ROOT, 'examples', 'patches')
const folder = mkdtempSync(join(tmpdir(), 'faultline-examples-'))
after(() => rmSync(folder, { recursive: true }))

const patches = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ts'))

test('each of the worked patches has a page, which names it', () => {
  assert.deepEqual(patches.toSorted(), [
    'cna-mmu-lock.ts',
    'distributed-rwlock.ts',
    'paravirt-mmu-lock.ts',
    'range-flush.ts',
    'yield-at-2m.ts',
  ])
  for (const name of patches) {
    assert.match(readFileSync(join(EXAMPLES, name.replace(/\.ts$/, '.md')), 'utf8'), new RegExp(`\\./${name}`))
  }
})

test('the layout of a patch shows the words that it brings', async () => {
  const { code, out } = await faultline(
    'bench',
    '-s',
    'precheck',
    '--variant',
    join(EXAMPLES, 'distributed-rwlock.ts'),
    '--layout',
  )
  assert.equal(code, 0)
  assert.match(out, /^mmuLock\.readers1 /m)
})

for (const name of patches) {
  test(`${name} holds in a small configuration, and runs on a modelled machine`, async () => {
    const file = join(EXAMPLES, name)
    const checked = await faultline(
      'check',
      'precheck',
      '--variant',
      file,
      '--configuration',
      'one-vcpu',
      '--no-progress',
    )
    assert.equal(checked.code, 0, checked.out + checked.err)
    const out = join(folder, `${basename(name)}.json`)
    const asked = [
      '-s',
      'precheck',
      '-m',
      'altra-64',
      '--vcpus',
      '6',
      '--set',
      'range=520',
      '--duration',
      '2ms',
      '--draws',
      '0',
    ]
    const ran = await faultline(
      'bench',
      '--variant',
      file,
      ...asked,
      '--warmup',
      '100us',
      '--no-progress',
      '--out',
      out,
    )
    assert.equal(ran.code, 0, ran.out + ran.err)
    const [run] = (JSON.parse(readFileSync(out, 'utf8')) as Result).runs
    assert.equal(run!.patch!.base, 'v6.5')
    assert.ok((run!.counters.yield_needbreak ?? 0) > 0, 'a zapper that meets faults yields')
    if (name === 'range-flush.ts') assert.ok(run!.counters.tlb_flush_range! > 0, 'vCPUs forget ranges')
    if (name === 'distributed-rwlock.ts') assert.ok(run!.locks.some(({ kind }) => kind === 'distributed-rwlock'))
  })
}

test('the patch in docs/your-own-patch.md is one', async () => {
  const [, text = ''] =
    /```ts\n(import [\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs', 'your-own-patch.md'), 'utf8')) ?? []
  writeFileSync(join(folder, 'my-yield.ts'), text)
  const { code, out, err } = await faultline('diff', 'v6.5', join(folder, 'my-yield.ts'))
  assert.equal(code, 0, err)
  assert.match(out, /^\+ {2}if \(notifiers < 2\) return false$/m)
})

/** Takes a line out of a function of v6.8, and has the patch checked in one configuration. */
async function checkWithout(line: string, kernelFunction: string, configuration: string) {
  const file = join(folder, `${kernelFunction}.ts`)
  const begun = await faultline('new', 'patch', file, '--from', 'v6.8', '--functions', kernelFunction)
  assert.equal(begun.code, 0, begun.err)
  const text = readFileSync(file, 'utf8')
  const changed = text.replace(`${line}\n`, '\n')
  assert.notEqual(changed, text)
  writeFileSync(file, changed)
  return faultline('check', 'precheck', '--variant', file, '--configuration', configuration, '--no-progress')
}

test('a patch that still holds mmu_lock when it enters the guest is reported', async () => {
  const { code, out, err } = await checkWithout('yield* vm.mmuLock.readUnlock(cpu)', 'tdpMmuPageFault', 'one-vcpu')
  assert.equal(code, 1, err)
  assert.match(out, /lock_held_in_guest: .*lock held when returning to user space/)
})

test('a patch that does not take mmu_lock is reported with the lock that it releases and does not hold', async () => {
  const { code, out, err } = await checkWithout('yield* vm.mmuLock.writeLock(cpu)', 'invalidateRangeStart', 'polled')
  assert.equal(code, 1, err)
  assert.match(
    out,
    /lock_not_held: mmuLock was released by a CPU that did not hold it: lockdep says "bad unlock balance/,
  )
})
