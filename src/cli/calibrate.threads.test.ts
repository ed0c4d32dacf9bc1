import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadProfile } from '../model/profile.ts'
import { faultline, resultIn } from './running.contract.ts'

test('the measurements of this host become a machine, and the model runs on it', async () => {
  const { code, out, err, folder } = await faultline(['calibrate'])
  assert.equal(code, 0, out + err)
  assert.match(out, /^guest_access_ns +\d/m)
  const profile = loadProfile(join(folder, 'host.profile.json'))
  const { measured } = profile as typeof profile & { measured: Record<string, number> }
  const value = (name: string) => profile.parameters[name]!.value
  const near = (found: number, expected: number) => assert.ok(Math.abs(found - expected) < 1e-6, `${found} ${expected}`)
  // A hand-over is a transfer of the line and an upgrade; the cost of a guest access beyond its work and load is that of its loop.
  near(value('c2c_socket_ns') + value('upgrade_ns'), measured.spin_hand_over_ns!)
  near(
    value('guest_loop_ns'),
    Math.max(0, measured.guest_access_ns! - value('cost.guest_access_ns') - value('load_ns')),
  )

  const flags = ['-m', join(folder, 'host.profile.json'), '--vcpus', '1', '--duration', '1ms', '--out', 'x.json']
  const modelled = await faultline(['bench', '-s', 'precheck', ...flags])
  assert.equal(modelled.code, 0, modelled.out + modelled.err)
  const { runs } = resultIn(join(modelled.folder, 'x.json'))
  assert.ok(runs.every(({ kind, machine, error }) => kind === 'modelled' && machine === 'host' && error === null))
})
