import assert from 'node:assert/strict'
import test from 'node:test'
import { line, recorded, setSpte, unmap } from './recorded.contract.ts'
import { rolesOf } from './roles.ts'

test('a task is taken for what it was seen to do, and the evidence is given', () => {
  const { tasks } = recorded(
    setSpte(1, 1, 'CPU 0/KVM-100'),
    unmap(2, 9, 1, 'CPU 0/KVM-100'),
    unmap(3, 9, 1, 'CPU 0/KVM-100'),
    line('CPU 1/KVM-101', 4, 'kvm_entry', 'vcpu 1, rip 0x1'),
    unmap(5, 9, 1, 'fc_vcpu 3-103'),
    unmap(5, 9, 1, 'ksmd-40'),
    line('kswapd0-41', 6, 'kvm_age_hva', 'mmu notifier age hva: 0x1000 -- 0x2000'),
    unmap(7, 9, 1, 'qemu-kvm-90'),
    line('qemu-kvm-90', 8, 'kvm_mmu_prepare_zap_page', 'sp gen 0'),
    line('qemu-kvm-90', 9, 'kvm_mmu_prepare_zap_page', 'sp gen 0'),
    line('kvm-nx-lpage-re-95', 10, 'kvm_mmu_prepare_zap_page', 'sp gen 0'),
    line('bash-7', 11, 'contention_begin', '0a (flags=MUTEX)'),
  )
  const roles = rolesOf(tasks.all)
  assert.deepEqual(
    roles.map(({ task, role, evidence }) => [task.pid, role, evidence]),
    [
      [100, 'vcpu', 'its name, 1 kvm_mmu_set_spte, 2 kvm_unmap_hva_range'],
      [101, 'vcpu', 'its name, 1 kvm_entry or kvm_exit'],
      [103, 'vcpu', 'its name, 1 kvm_unmap_hva_range'],
      [40, 'notifier', '1 kvm_unmap_hva_range'],
      [41, 'notifier', '1 kvm_age_hva'],
      [90, 'memslot updater', '1 kvm_unmap_hva_range, 2 kvm_mmu_prepare_zap_page'],
      [95, 'nx recovery', '1 kvm_mmu_prepare_zap_page'],
      [7, 'other', 'waits for locks only'],
    ],
  )
})
