import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { Lines } from './lines.ts'
import { line, recorded, setSpte, unmap } from './recorded.contract.ts'
import { Recording } from './recording.ts'

test('lines that are not understood are counted, and the first are known by number', () => {
  const odd = ['what is this?', line('a-1', 3, 'kvm_unmap_hva_range', 'from here to there'), 'and this']
  const recording = recorded('# tracer: nop', '', setSpte(1, 1), ...odd, setSpte(9, 2), 'x', 'y', 'z')
  assert.equal(recording.lines, 10)
  assert.equal(recording.notUnderstood, 6)
  assert.deepEqual(
    recording.firstLines.map(({ number }) => number),
    [4, 5, 6, 8, 9],
  )
})

test('what a trace says of lost events is understood, of ftrace and of trace-cmd', () => {
  const { remarks, notUnderstood } = recorded(
    '# entries-in-buffer/entries-written: 140080/250280   #P:4',
    'CPU:1 [LOST 7 EVENTS]',
    'CPU:2 [LOST EVENTS]',
    'CPU:0 [12 EVENTS DROPPED]',
    'CPU:0 [EVENTS DROPPED]',
    'cpus=2',
    'CPU 1 is empty',
    '##### CPU 2 buffer started ####',
  )
  assert.equal(notUnderstood, 0)
  assert.deepEqual(remarks, { overwritten: 110_200, lost: 19, gaps: 4, headers: 0, functions: 0, invalidations: 0 })
})

test('a wait does not reach over lost events', () => {
  const begin = line('a-1', 1, 'contention_begin', '000000000000000a (flags=SPIN|WRITE)')
  const end = line('a-1', 9, 'contention_end', '000000000000000a (ret=0)')
  const [task] = recorded(begin, 'CPU:0 [LOST 7 EVENTS]', end).tasks.all
  assert.equal(task!.waits.unpaired, 2)
})

test('idle tasks of different CPUs wait for themselves', () => {
  const begin = (cpu: number) => line('<idle>-0', 1 + cpu, 'contention_begin', '000000000000000a (flags=SPIN)', cpu)
  const end = (cpu: number) => line('<idle>-0', 7 + cpu, 'contention_end', '000000000000000a (ret=0)', cpu)
  const tasks = recorded(begin(0), begin(1), end(0), end(1)).tasks.all
  assert.deepEqual(
    tasks.map(({ waits }) => waits.unpaired + waits.underWay),
    [0, 0],
  )
})

test('a task gets its name from the first line that knows it', () => {
  const recording = recorded(setSpte(1, 1, '<...>-100'), setSpte(2, 2, '<...>-100'), setSpte(3, 3, 'CPU 0/KVM-100'))
  assert.deepEqual(
    recording.tasks.all.map(({ name, pid }) => `${name} ${pid}`),
    ['CPU 0/KVM 100'],
  )
})

test('the hold of a lock is estimated from the end of a wait to the next SPTE of the same task', () => {
  const wait = (us: number, flags: string) => [
    line('a-1', us, 'contention_begin', `000000000000000a (flags=${flags})`),
    line('a-1', us + 2, 'contention_end', '000000000000000a (ret=0)'),
  ]
  const recording = recorded(
    ...wait(10, 'SPIN|WRITE'),
    setSpte(15, 1, 'a-1'),
    setSpte(16, 2, 'a-1'),
    ...wait(20, 'SPIN|WRITE'),
    ...wait(30, 'SPIN|WRITE'),
    setSpte(34, 3, 'b-2'),
    setSpte(36, 3, 'a-1'),
    ...wait(40, 'MUTEX'),
    setSpte(45, 4, 'a-1'),
  )
  const rwlock = recording.locks.lockOf(1, Buffer.from('000000000000000a'), 0, 16, false)
  const holds = recording.locks.holdsOf(rwlock, Number.POSITIVE_INFINITY)
  assert.deepEqual(
    Array.from({ length: holds.length }, (_, index) => holds.at(index)),
    [3000, 4000],
  )
})

test('time that goes backwards is counted by however little, and where it did first is known', () => {
  const { clock } = recorded(setSpte(5000, 1), setSpte(4999, 2), setSpte(100, 3), unmap(9000, 1, 1))
  assert.equal(clock.backwards, 2)
  assert.deepEqual(clock.firstStep, { line: 2, byNs: 1000 })
  assert.equal(clock.spanNs, 4e6)
})

test('a trace is the same wherever its chunks are cut', () => {
  const text = Buffer.from(
    [
      '# tracer: nop',
      setSpte(1, 0x10),
      unmap(2, 0x7f00_0000, 16),
      setSpte(3, 0x10),
      'CPU:1 [LOST 7 EVENTS]',
      line('CPU 1/KVM-101', 4, 'contention_begin', '000000000000000a (flags=SPIN|WRITE)'),
      line('CPU 1/KVM-101', 9, 'contention_end', '000000000000000a (ret=0)'),
      'junk',
      '',
    ].join('\n'),
  )
  const stateOf = (chunks: readonly Buffer[]) => {
    const recording = new Recording({ keepStreams: true })
    const lines = new Lines((bytes, start, end) => recording.take(bytes, start, end))
    for (const chunk of chunks) lines.push(chunk)
    lines.end()
    const tasks = recording.tasks.all.map(({ pid, name, installs, unmaps, waits }) => {
      const waited: number[] = []
      waits.each((_, __, column) => waited.push(column.length, column.at(0)))
      return [pid, name, installs.count, unmaps, waited]
    })
    const { lines: count, events, firstLines, remarks, clock } = recording
    return { tasks, count, events, firstLines, remarks, spanNs: clock.spanNs }
  }
  const whole = stateOf([text])
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length })), (places) => {
      const edges = [0, ...places.toSorted((a, b) => a - b), text.length]
      const chunks = edges.slice(1).map((end, index) => Buffer.from(text.subarray(edges[index]!, end)))
      assert.deepEqual(stateOf(chunks), whole)
    }),
    { numRuns: 500 },
  )
})

test('a byte order mark before the first line is no part of it', () => {
  const recording = new Recording({ keepStreams: false })
  const bytes = Buffer.from('\ufeff CPU 0/KVM-1 [000] ..... 1.000000: kvm_exit: x')
  recording.take(bytes, 0, bytes.length)
  assert.deepEqual([recording.notUnderstood, recording.tasks.all[0]!.name], [0, 'CPU 0/KVM'])
})

/** Lines of one task at these times. */
function at(...seconds: readonly (number | string)[]): Recording {
  const recording = new Recording({ keepStreams: false })
  for (const time of seconds) {
    const bytes = Buffer.from(` CPU 0/KVM-1 [000] ..... ${time}: kvm_exit: x`)
    recording.take(bytes, 0, bytes.length)
  }
  return recording
}

test('one time that is damaged is left out, wherever it stands, and makes no span of thousands of years', () => {
  const bad = '94670856000.000000'
  for (const times of [
    ['1.000000', bad, '2.000000', '3.000000'],
    ['1.000000', '2.000000', '3.000000', bad],
  ]) {
    const { clock, firstLines } = at(...times)
    assert.deepEqual([clock.spanNs, clock.backwards], [2e9, 0])
    assert.deepEqual(
      firstLines.map(({ number }) => number),
      [times.indexOf(bad) + 1],
    )
  }
  assert.equal(at(bad, '1.000000', '3.000000').clock.spanNs, 2e9)
  assert.equal(at('1.000000', '9000.000000', '9001.000000').clock.spanNs, 9000e9, 'a pause is a pause')
})

test('waits whose ends were lost cost no more than others', () => {
  const recording = new Recording({ keepStreams: false })
  const line = (text: string) => {
    const bytes = Buffer.from(` CPU 0/KVM-1 [000] ..... 1.000000: ${text}`)
    recording.take(bytes, 0, bytes.length)
  }
  for (let index = 0; index < 50_000; index += 1) line(`contention_begin: 0x${index.toString(16)} (flags=SPIN)`)
  for (let index = 0; index < 50_000; index += 1) line('contention_end: 0xfffffff (ret=0)')
  const [task] = recording.tasks.all
  assert.ok(task!.waits.underWay <= 64)
  assert.equal(task!.waits.unpaired + task!.waits.underWay, 100_000)
})
