import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOfOrder, type Mutation, mutate, mutationsOf } from './mutations.ts'

const TEXT = `
export function* sees(cpu, vm) {
    yield* vm.lock.acquire(cpu);
    const seq = yield* cpu.load(vm.seq);
    yield* cpu.barrier(RMB);
    const slots = yield* cpu.loadAcquire(vm.slots);
    yield* cpu.storeRelease(vm.slots, slots + seq);
    yield* cpu.store(vm.seq, 0);
}
export function* isNeverCalled(cpu, vm) {
    yield* cpu.barrier(MB);
}
`
const SITES = new Set([3, 4, 6, 7, 8].map((line) => `sees protocols/a.js:${line}:${columnOf(line)}`))

function columnOf(line: number): number {
  return TEXT.split('\n')[line - 1]!.indexOf('yield*')
}

const MUTATIONS = mutationsOf('protocols/a.js', TEXT, SITES)
const told = ({ kind, code }: Mutation) => `${kind} ${code}`

test('the mutants of a step drop it or replace its result, and weaken an access by one degree', () => {
  assert.deepEqual(MUTATIONS.map(told), [
    'dropped vm.lock.acquire(cpu)',
    'unasked cpu.load(vm.seq)',
    'plain cpu.load(vm.seq)',
    'dropped cpu.barrier(RMB)',
    'unasked cpu.loadAcquire(vm.slots)',
    'relaxed cpu.loadAcquire(vm.slots)',
    'dropped cpu.storeRelease(vm.slots, slots + seq)',
    'relaxed cpu.storeRelease(vm.slots, slots + seq)',
    'dropped cpu.store(vm.seq, 0)',
    'plain cpu.store(vm.seq, 0)',
  ])
})

test('mutants of barriers and orders are not run with sequentially consistent memory', () => {
  assert.deepEqual(MUTATIONS.filter(isOfOrder).map(told), [
    'plain cpu.load(vm.seq)',
    'dropped cpu.barrier(RMB)',
    'relaxed cpu.loadAcquire(vm.slots)',
    'relaxed cpu.storeRelease(vm.slots, slots + seq)',
    'plain cpu.store(vm.seq, 0)',
  ])
})

test('a mutant differs from the module in that one place', () => {
  const changed = MUTATIONS.map((one) => {
    const lines = mutate(TEXT, one).split('\n')
    const was = TEXT.split('\n')
    const differing = lines.flatMap((line, index) => (line === was[index] ? [] : [line.trim()]))
    assert.equal(differing.length, 1)
    return differing[0]
  })
  assert.deepEqual(changed, [
    ';',
    'const seq = 0;',
    'const seq = yield* cpu.read(vm.seq);',
    ';',
    'const slots = 0;',
    'const slots = yield* cpu.load(vm.slots);',
    ';',
    'yield* cpu.store(vm.slots, slots + seq);',
    ';',
    'yield* cpu.write(vm.seq, 0);',
  ])
})
