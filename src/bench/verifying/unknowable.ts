import type { Result } from '../result.ts'

/** What reading the file cannot verify. Without these statements a verdict would seem stronger than it is. */
export function unknowable({ runs, digest }: Result): string[] {
  const measured = runs.filter(({ kind }) => kind === 'measured')
  return [
    ...(digest === undefined ? ['whether the file was altered consistently after it was written'] : []),
    ...(measured.length === 0
      ? []
      : [
          'whether measured runs went as they say: times of one host on one day do not come again, and altering a figure with all that follows from it leaves no trace',
          'how often an oracle reported a violation: nothing else in the file depends on it',
        ]),
    ...(runs.some(({ trials }) => trials.some(({ counters }) => counters === undefined))
      ? ['whether counters are those of the trials: this file does not keep them by trial']
      : []),
  ]
}
