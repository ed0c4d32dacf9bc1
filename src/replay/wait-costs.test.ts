import assert from 'node:assert/strict'
import test from 'node:test'
import { costsOfWaits, nearerCosts, pagesThatFit, roleWaits } from './wait-costs.ts'

const TABLE = ` contended   total wait     max wait     avg wait         type   caller

       100      1.00 ms     50.00 us     10.00 us     rwlock:R   kvm_tdp_page_fault+0x8c
       300      9.00 ms     80.00 us     30.00 us     rwlock:R   direct_page_fault+0x1f7
        50    100.00 us      4.00 us      2.00 us     rwlock:W   kvm_mmu_notifier_invalidate_range_start+0x14e
         7      1.20 ms    120.50 us    171.00 us     spinlock   futex_wake+0x7a
`
const SEPARATED = `# output: contended, total wait, max wait, avg wait, type, caller
400, 10000000, 80000, 25000, rwlock:R, kvm_tdp_page_fault+0x8c
50, 100000, 4000, 2000, rwlock:W, kvm_mmu_notifier_invalidate_range_start+0x14e
`

test('rows of KVM are added up by who waits, whichever way perf prints them', () => {
  for (const text of [TABLE, SEPARATED]) {
    assert.deepEqual(
      roleWaits(text).map(({ role, waits, averageNs, maxNs }) => [role, waits, averageNs, maxNs]),
      [
        ['vcpu', 400, 25_000, 80_000],
        ['notifier', 50, 2_000, 4_000],
      ],
    )
  }
})

test('a hold is twice the average wait for it, and no longer than the longest', () => {
  const costs = costsOfWaits(roleWaits(TABLE), 94)
  assert.deepEqual(
    costs.map(({ name, ns }) => [name, ns]),
    [
      ['zap_spte', 500],
      ['map_spte', 3_890],
    ],
  )
  const [narrow] = costsOfWaits(roleWaits(TABLE), 1)
  assert.deepEqual([narrow!.name, narrow!.ns], ['ipi_delivery', 49_200])
  const capped = roleWaits(TABLE.replace(/(50|80)\.00 us/g, '26.00 us'))
  assert.equal(costsOfWaits(capped, 1)[0]!.ns, 25_200)
})

test('notifiers that wait longer than any fault takes tell nothing of faults', () => {
  const slow = roleWaits(
    TABLE.replace('4.00 us      2.00 us', '3.20 ms    200.00 us').replace('100.00 us', '10.00 ms '),
  )
  assert.deepEqual(
    costsOfWaits(slow, 94).map(({ name }) => name),
    ['zap_spte'],
  )
})

test('pages that could not be zapped in a hold are fewer', () => {
  assert.equal(pagesThatFit(roleWaits(TABLE), 94), 94)
  assert.equal(pagesThatFit(roleWaits(TABLE), 22_528), 313)
})

test('a cost is corrected by the error of its waits, and stays near the first estimate', () => {
  const first = costsOfWaits(roleWaits(TABLE), 94)
  const nearer = nearerCosts(first, first, (role) => (role === 'vcpu' ? 2 : 1e-6))
  assert.deepEqual(
    nearer.map(({ ns }) => ns),
    [250, 3_890 * 16],
  )
})
