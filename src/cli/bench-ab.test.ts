import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordsFor } from './ab-round.ts'
import { faultline } from './faultline.contract.ts'

test('each process gets the flags of the plan, and none of those of the comparison', () => {
  const words =
    'bench --ab main -s precheck --trials 12 --set range=5 --seed=4 --json --out x.json --vcpus 2 --time-budget=1m'
  assert.deepEqual(wordsFor(words.split(' ')), ['bench', '-s', 'precheck', '--set', 'range=5', '--vcpus', '2'])
})

test('what cannot be compared with a revision is refused before anything is built', async () => {
  for (const [args, says] of [
    [['--ab', 'no-such-branch'], /no revision 'no-such-branch'/],
    [['--ab', 'HEAD', '--trials', '3'], /--trials is '3', which is not a whole number from 6/],
    [['--ab', 'HEAD', '--trace', '-'], /read only once/],
    [['--ab', 'HEAD', '--locks'], /prints a comparison only/],
  ] as const) {
    const { code, err } = await faultline('bench', '-s', 'precheck', '--out', '/tmp/never.json', ...args)
    assert.equal(code, 2, err)
    assert.match(err, says)
  }
})
