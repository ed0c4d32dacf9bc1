import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A tree of files that looks like a host's /proc and /sys to the recorder. It is a fake: nothing in it traces. */
export class RecorderTree {
  readonly root: string
  readonly bin: string

  /** `events` are those that the kernel has; `trace` is what its buffer will hold. */
  constructor(folder: string, events: readonly string[], trace: string) {
    this.root = join(folder, 'root')
    this.bin = join(folder, 'bin')
    this.#write('sys/kernel/tracing/events/kvm/enable', '0')
    mkdirSync(join(this.root, 'sys/kernel/tracing/instances'), { recursive: true })
    const instance = {
      tracing_on: '1',
      trace_clock: '[local] global mono boot',
      buffer_size_kb: '7',
      set_event_pid: '',
      'options/event-fork': '0',
      'options/record-tgid': '0',
      'per_cpu/cpu0/stats': 'entries: 9\noverrun: 3\ndropped events: 0\n',
      trace,
    }
    for (const [name, text] of Object.entries(instance)) this.#write(`template/${name}`, text)
    for (const event of events) this.#write(`template/events/${event}/enable`, '0')
    this.#addHost()
    this.#addPrograms()
  }

  /** A file of the instance as it was when the recorder gave it back; undefined if there is none. */
  left(name: string): string | undefined {
    const path = join(this.root, 'left', name)
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
  }

  #addHost(): void {
    const files = {
      'proc/40/comm': 'ksmd\n',
      'proc/77/comm': 'bash\n',
      'proc/4100/comm': 'qemu-system-x86\n',
      'proc/4100/cmdline': 'qemu-system-x86_64\0-machine\0q35\0',
      'proc/4100/maps':
        '7f1200000000-7f1240000000 rw-p 00000000 00:00 0\n555500000000-555500021000 rw-p 00000000 00:00 0\n',
      'proc/sys/kernel/numa_balancing': '1\n',
      'sys/kernel/mm/ksm/run': '0\n',
      'sys/kernel/debug/sched/preempt': 'none voluntary (full)\n',
      'sys/kernel/debug/kvm/pf_taken': '100\n',
      'sys/kernel/debug/kvm/remote_tlb_flush': '7\n',
      'sys/module/kvm_intel/parameters/ept': 'Y\n',
      'sys/module/kvm/parameters/tdp_mmu': 'Y\n',
    }
    for (const [name, text] of Object.entries(files)) this.#write(name, text)
    for (const task of [4100, 4101, 4102]) mkdirSync(join(this.root, `proc/4100/task/${task}`), { recursive: true })
    mkdirSync(join(this.root, 'proc/4100/fd'))
    symlinkSync('anon_inode:kvm-vm', join(this.root, 'proc/4100/fd/9'))
  }

  /** What a kernel does when an instance is made, and while one waits: it fills it, and counts. */
  #addPrograms(): void {
    const programs = {
      mkdir: `/bin/mkdir "$@" && case $1 in */instances/*) cp -R '${this.root}/template/.' "$1" ;; esac`,
      rmdir: `cp -R "$1" '${this.root}/left' && rm -r "$1"`,
      sleep: `echo 150 >'${this.root}/sys/kernel/debug/kvm/pf_taken'; /bin/sleep 0.1`,
    }
    mkdirSync(this.bin, { recursive: true })
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(this.bin, name), `#!/bin/sh\n${text}\n`)
      chmodSync(join(this.bin, name), 0o755)
    }
  }

  #write(name: string, text: string): void {
    const path = join(this.root, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}
