import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Io } from './io.ts'
import { Progress } from './progress.ts'

const ESCAPE = '\x1b'
const SENT = new RegExp(`${ESCAPE}\\[(\\d+)A|(\r${ESCAPE}\\[J)|(\n)|([^${ESCAPE}\r\n]+)`, 'g')

/** What a terminal shows after a text: it interprets the two sequences that are used. */
function screenOf(text: string): string[] {
  const screen = ['']
  let row = 0
  for (const [, up, clear, end, plain] of text.matchAll(SENT)) {
    if (up !== undefined) row -= Number(up)
    else if (clear !== undefined) screen.splice(row, screen.length, '')
    else if (end !== undefined) {
      row += 1
      screen[row] ??= ''
    } else screen[row] = `${screen[row]}${plain ?? ''}`
  }
  return screen
}

function shown(act: (progress: Progress) => void, errSize?: Io['errSize']): string[] {
  let text = ''
  act(new Progress({ isErrTty: true, errSize, err: (more: string) => (text += more) } as unknown as Io, true))
  return screenOf(text)
}

test('what is watched stands below the progress and is written over, however many lines it has', () => {
  const screen = shown((progress) => {
    progress.show(0, 4, 'one')
    progress.watched(['a', 'b', 'c'])
    progress.watched(['d'])
    progress.show(2, 4, 'two')
  })
  assert.equal(screen.length, 2)
  assert.match(screen[0]!, /^\[#{8}\.{8}\] 2\/4, \d+ s left: two/)
  assert.equal(screen[1], 'd')
})

test('a note stays above the progress, and nothing of the progress is left at the end', () => {
  const screen = shown((progress) => {
    progress.show(1, 4, 'one')
    progress.watched(['a', 'b'])
    progress.note('noted')
    progress.show(2, 4, 'two')
    progress.clear()
  })
  assert.deepEqual(screen, ['noted', ''])
})

test('no line is wider than the terminal, and no more lines are shown than it has', () => {
  const size = { columns: 30, rows: 4 }
  const screen = shown((progress) => {
    progress.show(1, 4, 'a label that is much longer than the terminal is wide')
    progress.watched(['a', 'b', 'c', 'd', 'e'])
  }, size)
  assert.equal(screen.length, 3)
  for (const line of screen) assert.ok(line.length < size.columns, line)
})

test('without a terminal nothing is written', () => {
  let text = ''
  const progress = new Progress({ isErrTty: false, err: (more: string) => (text += more) } as unknown as Io, true)
  progress.show(1, 4, 'one')
  progress.watched(['a'])
  progress.clear()
  assert.equal(text, '')
  assert.ok(!text.includes(ESCAPE))
})
