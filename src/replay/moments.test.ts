import assert from 'node:assert/strict'
import test from 'node:test'
import { INSTALL, NEIGHBOUR, UNMAP, WAIT_BEGIN, WAIT_END, ZAP } from './moments.ts'
import { line, recorded, unmap } from './recorded.contract.ts'

test('what the tasks of a recording did is kept in its order, with the CPU and the task that did it', () => {
  const spte = (us: number, gfn: string, bits: string, at: string) =>
    line('b-2', us, 'kvm_mmu_set_spte', `gfn ${gfn} spte ${bits} (rwxu) level 1 at ${at}`, 1)
  const { moments } = recorded(
    unmap(0, 7, 1),
    line('b-2', 1, 'contention_begin', '000000000000000a (flags=SPIN|WRITE)', 1),
    line('b-2', 2, 'contention_end', '000000000000000a (ret=0)', 1),
    spte(3, '7', 'c00867', '1038'),
    spte(4, '8', 'c01847', '1000'),
    line('c-3', 5, 'kvm_mmu_prepare_zap_page', 'sp gen 1 gfn 0 l1 8-byte q0 direct wux !nxe ad root 0 sync', 3),
  )
  const kept = Array.from({ length: moments!.length }, (_, at) => [
    moments!.what(at),
    moments!.pid(at),
    moments!.cpu(at),
    moments!.value(at),
  ])
  const [invalidator] = kept[0]!.slice(1)
  assert.deepEqual(kept, [
    [UNMAP, invalidator, kept[0]![2], 0],
    [WAIT_BEGIN, 2, 1, 1],
    [WAIT_END, 2, 1, 1],
    [INSTALL, 2, 1, 7],
    [NEIGHBOUR, 2, 1, 8],
    [ZAP, 3, 3, 0],
  ])
  assert.equal(moments!.atNs(3) - moments!.atNs(1), 2000)
})
