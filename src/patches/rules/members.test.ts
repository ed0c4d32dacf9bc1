import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'acorn'
import { V6_8 } from '../../protocols/kernels.ts'
import { brings, patch } from '../../protocols/patch.ts'
import { standsIn } from '../samples.ts'
import { checkMembers } from './members.ts'

const own = brings({ counters: ['mine'], place: (place) => ({ epoch: place.line('epoch') }) })
const PATCH = patch({ name: 'mine', on: V6_8, says: 'one that has words of its own', replaces: {}, brings: own })
const HEAD = "import { brings, COUNTER } from 'faultline/kvm'\nconst own = brings({})\n"

/** What is found in the body of a function of steps. */
function found(body: string): string[] {
  const code = `${HEAD}function* f(cpu, vm, fault) {\n${body}\n}`
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
  const said: string[] = []
  checkMembers(tree, standsIn(tree, PATCH), (_, says) => void said.push(says))
  return said
}

for (const [body, says] of [
  ['yield* cpu.load(vm.invalidateSqe)', '`vm` has no `invalidateSqe`, but `vm.invalidateSeq` is there'],
  ['yield* vm.mmuLock.isContendedd(cpu)', '`vm.mmuLock` has no `isContendedd`, but `vm.mmuLock.isContended` is there'],
  ['yield* vm.kvm.unmapGfnRnge(cpu, vm)', '`vm.kvm` has no `unmapGfnRnge`, but `vm.kvm.unmapGfnRange` is there'],
  ['yield* cpu.untilEquals(vm.invalidateSeq, 0)', '`cpu` has no `untilEquals`, but `cpu.untilEqual` is there'],
  ['return fault.gfns', '`fault` has no `gfns`, but `fault.gfn` is there'],
  ['cpu.count(own.counter.mine2, 1)', '`own.counter` has no `mine2`, but `own.counter.mine` is there'],
  ['yield* cpu.load(own.words(vm).epocj)', '`own.words(...)` has no `epocj`, but `own.words(...).epoch` is there'],
  [
    'yield* cpu.load(vm.nx?.lists[0].nrTdpp)',
    '`vm.nx.lists[...]` has no `nrTdpp`, but `vm.nx.lists[...].nrTdp` is there',
  ],
  ['return vm.local[cpu.id].seeed', '`vm.local[...]` has no `seeed`, but `vm.local[...].seed` is there'],
] as const) {
  test(`${body} is refused before anything runs`, () => assert.deepEqual(found(body), [says]))
}

test('where no name is near, all that a CPU can do is listed', () => {
  assert.match(
    found('yield* cpu.fetchAdd(vm.invalidateSeq, 1)')[0]!,
    /`cpu` has no `fetchAdd`; it has .*\bload, store\b.*\badd\b/,
  )
})

test('what a VM has on other architectures only, or what the file adds by itself, is there', () => {
  assert.deepEqual(
    found('yield* cpu.load(vm.stage2.icacheEpoch); yield* cpu.load(vm.updates.gate); return vm.apic.gfn'),
    [],
  )
  assert.deepEqual(found('vm.local[cpu.id].mine = 1; return vm.local[cpu.id].mine'), [])
  assert.deepEqual(found('cpu.count(own.counter.mine, 1); return yield* cpu.load(own.words(vm).epoch)'), [])
})

test('of a name that the file binds to something else nothing is said', () => {
  assert.deepEqual(found('const iter = { mine: 1 }; return iter.mine'), [])
})
