import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-contention-'))
const RECORDING = fileURLToPath(new URL('../../testdata/variants/guest-memfd.txt.gz', import.meta.url))
const TABLE = join(FOLDER, 'waits.txt')
writeFileSync(
  TABLE,
  ` contended   total wait     max wait     avg wait         type   caller

         5     15.00 us      3.00 us      3.00 us     rwlock:R   kvm_tdp_page_fault+0x8c
        40     60.00 us      2.00 us      1.50 us     rwlock:W   kvm_mmu_notifier_invalidate_range_start+0x14e
`,
)

test('a table of waits gives costs, and the command that runs a load with them', async () => {
  const { code, out } = await faultline('contention', TABLE)
  assert.equal(code, 0)
  assert.match(out, /vCPUs +5 +15\.0 us +3\.00 us/)
  assert.match(out, /cost\.map_spte 1,890 ns: notifiers wait half of 2 us/)
  assert.match(out, /faultline bench -s precheck .*--set cost\.map_spte=1890/)
})

test('a replay of a recording is printed beside the table, with costs that come nearer to it', async () => {
  const { code, out } = await faultline('contention', TABLE, '--trace', RECORDING, '--json')
  assert.equal(code, 0)
  const { waits, costs, pages, replay } = JSON.parse(out)
  assert.equal(pages, 4)
  assert.deepEqual(
    costs.map(({ name }: { name: string }) => name),
    ['ipi_delivery', 'map_spte'],
  )
  assert.equal(replay.faults, 44)
  assert.ok(replay.rounds >= 1 && replay.rounds <= 4)
  const ours = replay.waiters.find(({ role }: { role: string }) => role === 'vcpu')
  assert.ok(ours.waits > 0)
  assert.ok(replay.miss >= 1 && waits[0].averageNs === 3000)
  const said = await faultline('contention', TABLE, '--trace', RECORDING)
  assert.match(said.out, /average +replay +factor/)
})

test('a file that is no such table, or has no KVM locks, is refused with its kind', async () => {
  const other = join(FOLDER, 'other.txt')
  writeFileSync(other, 'what is this?\n')
  assert.match((await faultline('contention', other)).err, /is no table of perf lock contention/)
  writeFileSync(
    other,
    ' contended   total wait     max wait     avg wait          pid   comm\n\n 1 1.00 us 1.00 us 1.00 us 7 CPU 0/KVM\n',
  )
  const { code, err } = await faultline('contention', other)
  assert.equal(code, 2)
  assert.match(err, /has no wait of KVM's MMU\nIt lists tasks \(-t\)/)
})
