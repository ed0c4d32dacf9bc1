import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultOf, runOf } from '../comparing/testing.contract.ts'
import type { Result, Run } from '../result.ts'
import { deviations } from './exact.ts'

const modelled = (over: Partial<Run> = {}) =>
  runOf({ flushes_per_unmap: [0.25] }, { kind: 'modelled', machine: 'altra-64', counters: { tlb_flush: 4 }, ...over })

const figures = (was: Result, is: Result) =>
  deviations(was, is).map(({ figure, was: before, is: after }) => [figure, before, after])

test('equal figures do not deviate, on any host and at any time', () => {
  const elsewhere = { createdAt: '2030-01-01T00:00:00Z', id: 'other', host: { ...resultOf([]).host, cpu: 'x' } }
  assert.deepEqual(figures(resultOf([modelled()]), resultOf([modelled()], elsewhere)), [])
})

test('the last bit of a figure is a deviation, and so is a count', () => {
  const other = runOf({ flushes_per_unmap: [0.25 + 2 ** -54] }, { kind: 'modelled', machine: 'altra-64' })
  assert.deepEqual(figures(resultOf([modelled()]), resultOf([{ ...other, counters: { tlb_flush: 5 } }])), [
    ['flushes_per_unmap', 0.25, 0.25 + 2 ** -54],
    ['flushes_per_unmap, seed 1000', 0.25, 0.25 + 2 ** -54],
    ['tlb_flush', 4, 5],
  ])
})

test('a missing run and a new run deviate', () => {
  const other = modelled({ variant: 'other' })
  assert.deepEqual(figures(resultOf([modelled(), other]), resultOf([modelled()])), [['the run', 'there', null]])
  assert.deepEqual(figures(resultOf([modelled()]), resultOf([modelled(), other])), [['the run', null, 'there']])
})

test('a run that fails, or has a forbidden outcome, deviates from one that did not', () => {
  const failed = modelled({ error: { code: 'X', message: 'deadlock', context: {}, hint: '' } })
  assert.deepEqual(figures(resultOf([modelled()]), resultOf([failed])), [['error', 'none', 'deadlock']])
  const forbidden = modelled({ outcomes: [{ outcome: 'stale_use', grade: 'forbidden', count: 2, says: '' }] })
  assert.deepEqual(figures(resultOf([modelled()]), resultOf([forbidden])), [
    ['outcome: stale_use (forbidden)', null, 2],
  ])
})

test('of a measured run only figures marked exact are compared', () => {
  const counted = (exact: number, measured: number) => {
    const run = runOf({ elapsed_ns: [measured], yields_per_unmap: [exact] })
    const yields = { ...run.metrics.yields_per_unmap!, assume: 'exact' as const }
    return resultOf([
      { ...run, metrics: { ...run.metrics, yields_per_unmap: yields }, counters: { tlb_flush: measured } },
    ])
  }
  assert.deepEqual(figures(counted(3, 10), counted(3, 11)), [])
  assert.equal(figures(counted(3, 10), counted(4, 10)).length, 2)
  assert.deepEqual(figures(resultOf([runOf({ elapsed_ns: [1] })]), resultOf([runOf({ elapsed_ns: [2] })])), [])
})

test('two runs of the same load are told apart', () => {
  const twice = resultOf([modelled(), modelled({ counters: { tlb_flush: 9 } })])
  assert.deepEqual(figures(twice, twice), [])
  assert.equal(figures(twice, resultOf([modelled(), modelled()])).length, 1)
})
