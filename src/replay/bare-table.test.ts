import assert from 'node:assert/strict'
import test from 'node:test'
import { bareTableOf } from './bare-table.ts'
import { lineOfCells } from './cells.ts'

const TEXT = 'vcpu 0 rip 0x1 address 0x0000000000001000 error_code 0x182'
const rows = (of: (at: number, tid: number, cpu: number) => readonly string[], separator = '\t') =>
  [0, 1, 2, 3, 4, 5].map((at) => of(at, 4101 + (at % 2), (at * 5) % 3).join(separator))

/** The first line as ftrace prints it, and which column is what. */
function firstOf(lines: readonly string[]): string | undefined {
  const table = bareTableOf(lines)
  return table === undefined ? undefined : lineOfCells(lines[0]!, table)
}

test('columns without names are told by what stands in them', () => {
  const task = (tid: number) => `CPU ${tid - 4101}/KVM`
  const event = (at: number) => (at % 3 === 2 ? 'kvm_entry' : 'kvm:kvm_page_fault')
  const read = 'CPU 0/KVM-4101 [0] 12.000100: kvm:kvm_page_fault: '
  assert.equal(
    firstOf(rows((at, tid, cpu) => [`12.00010${at}`, task(tid), String(tid), String(cpu), event(at), TEXT])),
    read + TEXT,
  )
  assert.equal(
    firstOf(
      rows(
        (at, tid, cpu) => [task(tid), '4100', String(tid), `[${cpu}]`, `12.00010${at}:`, `${event(at)}:`, TEXT],
        ';',
      ),
    ),
    read + TEXT,
  )
  assert.equal(
    firstOf(rows((at, tid, cpu) => [`${task(tid)}-${tid}`, String(cpu), `12,00010${at}`, event(at), TEXT])),
    read.replace('.', ',') + TEXT,
  )
  assert.equal(
    firstOf(rows((at, tid) => [`12.00010${at}`, String(tid), task(tid), event(at), TEXT])),
    `CPU 0/KVM 0/4101 12.000100: kvm:kvm_page_fault: ${TEXT}`,
  )
})

test('a first row that was cut does not hide the columns of the others', () => {
  const lines = rows((at, tid, cpu) => [`1.00010${at}`, 'CPU 0/KVM', String(tid), String(cpu), 'kvm_exit', TEXT])
  assert.notEqual(bareTableOf(['0/KVM\t4101\t3\tkvm_exit\tx', ...lines]), undefined)
})

test('lines of ftrace, with tabs or commas in them, and other tables are none', () => {
  const ftrace = (gap: string) =>
    rows((at, tid, cpu) => [`CPU 0/KVM-${tid}${gap}[00${cpu}]${gap}1.00010${at}: kvm_page_fault:${gap}${TEXT}`])
  assert.equal(bareTableOf(ftrace('\t')), undefined)
  assert.equal(bareTableOf(ftrace(' ')), undefined)
  assert.equal(bareTableOf(rows((at) => [`1.00010${at}`, 'kvm_exit', '3'], ',')), undefined)
})
