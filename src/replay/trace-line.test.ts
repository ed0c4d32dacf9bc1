import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { TraceLine } from './trace-line.ts'

function parsed(text: string, line = new TraceLine()) {
  const bytes = Buffer.from(text)
  if (!line.parse(bytes, 0, bytes.length)) return undefined
  const part = (start: number, end: number) => bytes.toString('utf8', start, end)
  return {
    task: part(line.nameStart, line.nameEnd),
    pid: line.pid,
    cpu: line.cpu,
    seconds: line.seconds,
    nanos: line.nanos,
    event: part(line.eventStart, line.eventEnd),
    text: part(line.textStart, line.end),
  }
}

const FAULT = {
  task: 'CPU 3/KVM',
  pid: 4711,
  cpu: 5,
  seconds: 1234,
  nanos: 567_890_000,
  event: 'kvm_page_fault',
  text: 'vcpu 3 rip 0x1 address 0x2000 error_code 0x6',
}

test('a line is understood with five flags, with four, and with none', () => {
  for (const flags of ['.....  ', 'dNh2.  ', '....  ', 'd.h1 ', '']) {
    const text = `       CPU 3/KVM-4711    [005] ${flags}1234.567890: kvm_page_fault: ${FAULT.text}`
    assert.deepEqual(parsed(text), FAULT, flags)
  }
})

test('a line of trace-cmd report is understood, padded and in nanoseconds', () => {
  const text = `       CPU 3/KVM-4711  [005]  1234.567890000: kvm_page_fault:       ${FAULT.text}`
  assert.deepEqual(parsed(text), FAULT)
})

test('a line with the thread group of record-tgid is understood', () => {
  for (const tgid of ['(   4700)', '(-------)', '(4700)']) {
    const text = `       CPU 3/KVM-4711    ${tgid} [005] .....  1234.567890: kvm_page_fault: ${FAULT.text}`
    assert.deepEqual(parsed(text), FAULT, tgid)
  }
})

test('a line that is not of an event is refused', () => {
  const lines = [
    '#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION',
    'CPU:1 [LOST 7 EVENTS]',
    ' => handle_mm_fault',
    '',
    '[',
    ' [',
    '-1 [0',
    'bash-12 [000] .....  12.5: schedule <-preempt_schedule',
    'bash-12 [000] .....  12.: kvm_entry: vcpu 0',
    'bash-12 [000] .....  12.1234567890: kvm_entry: vcpu 0',
    'bash 12 [000] .....  12.5: kvm_entry: vcpu 0',
    'bash-12 [cpu] .....  12.5: kvm_entry: vcpu 0',
    'bash-12 [000] .....  12.5:',
    'bash-12 [000] .....  12.5: ',
    'bash-12 [000] .....  12.5: kvm_entry',
  ]
  for (const text of lines) assert.equal(parsed(text), undefined, text)
})

test('any task name is understood, with spaces, dashes, brackets and numbers in it', () => {
  const characters = [...'abcKVM019 -/[](){}<>:._#+\u00e9']
  const name = fc
    .array(fc.constantFrom(...characters), { minLength: 1, maxLength: 15 })
    .map((all) => all.join('').trimStart())
    .filter((text) => text.length > 0)
  const number = (max: number) => fc.integer({ min: 0, max })
  const flags = fc.constantFrom('.....', 'dNs3.', '....', '')
  const property = fc.property(
    name,
    number(4_194_304),
    number(1023),
    flags,
    number(2 ** 40),
    number(999_999),
    fc.string(),
    (task, pid, cpu, flag, seconds, micros, rest) => {
      const text = rest.trimStart()
      const prefix = `${task.padStart(16)}-${String(pid).padEnd(7)} [${String(cpu).padStart(3, '0')}]`
      const time = `${String(seconds).padStart(5)}.${String(micros).padStart(6, '0')}`
      assert.deepEqual(parsed(`${prefix} ${flag} ${time}: kvm_exit: ${text}`), {
        task,
        pid,
        cpu,
        seconds,
        nanos: micros * 1000,
        event: 'kvm_exit',
        text,
      })
    },
  )
  fc.assert(property, { numRuns: 2000 })
})

test('the parser does not fail on any bytes', () => {
  const line = new TraceLine()
  const nasty = fc
    .array(fc.constantFrom(...'  -[]()019.: ad'), { maxLength: 60 })
    .map((all) => Buffer.from(all.join('')))
  fc.assert(
    fc.property(fc.oneof(nasty, fc.uint8Array({ maxLength: 80 }).map(Buffer.from)), (bytes) => {
      const isEvent = line.parse(bytes, 0, bytes.length)
      if (isEvent) assert.ok(line.eventEnd > line.eventStart && line.textStart <= bytes.length)
    }),
    { numRuns: 5000 },
  )
})

test('the reading of a line does not depend on the lines before it', () => {
  const task = fc.constantFrom(
    'CPU 0/KVM-4101',
    'CPU 0/KVM-4102',
    'x-1 [2] 3-4103',
    '<...>-123456',
    'weird) [7] -1-4711',
  )
  const ahead = fc.constantFrom('', '> ', 'trace.txt:13:', '[000]')
  const digits = fc.constantFrom('1.000001', '1234.567890', '7', '1.2.3')
  const lines = fc.array(
    fc.tuple(
      ahead,
      task,
      fc.constantFrom(16, 23, 24),
      fc.constantFrom('[000]', '[12]', '[x]', ''),
      digits,
      fc.nat(200),
    ),
    { minLength: 2, maxLength: 12 },
  )
  fc.assert(
    fc.property(lines, (all) => {
      const kept = new TraceLine()
      for (const [before, name, width, cpu, time, at] of all) {
        const whole = `${before}${name.padStart(width)}   ${cpu} .....  ${time}: kvm_exit: reason x`
        // Every other line is cut somewhere.
        const text = at > 100 ? whole : whole.slice(at % whole.length)
        assert.deepEqual(parsed(text, kept), parsed(text))
      }
    }),
    { numRuns: 400 },
  )
})
