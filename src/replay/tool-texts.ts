import type { KnownText } from './known-texts.ts'

const RECORD = 'Record the host while it happens: scripts/record-kvm-trace --help.'

/** Output of tools whose lines hold no event of KVM: it is looked for where no event of KVM was found. */
export const TOOLS: readonly KnownText[] = [
  {
    shape: /^@\[$/m,
    is: 'stacks that a bpftrace script counted, and no events',
    hint: RECORD,
  },
  {
    shape: /^[-\s]*\d+\.\d+%\s+(?:\d+\.\d+%\s+)?\S.*\[[k.]\] |^\s*Percent \|\s+Source code/m,
    is: 'output of perf report or annotate: a profile, and no events',
    hint: RECORD,
  },
  { shape: /^#\s+time\s+counts\s/m, is: 'output of perf stat -I: counters by time, and no events', hint: RECORD },
  {
    shape: /task name\s+wait time\s+sch delay/,
    is: 'output of perf sched timehist: how long tasks ran and waited for a CPU, and no events of KVM',
    hint: RECORD,
  },
  {
    shape: /^Thread ID: comm$|^Address of instance: name of class$/m,
    is: 'output of perf lock info: names of locks and threads, and no events',
    hint: RECORD,
  },
  { shape: /^Timestamp,kvm_\w+/m, is: 'a log of kvm_stat: counters by time, and no events', hint: RECORD },
  {
    shape: /^name: \w+\nID: \d+\nformat:/m,
    is: 'the format description of an event, without events',
    hint: 'Give the file `trace` of the same tracefs, once the event is enabled.',
  },
  {
    shape: /^PID: \d+\s+TASK: [\da-f]+/m,
    is: 'stacks of a crash dump (crash, drgn) at one moment, and no events',
    hint: RECORD,
  },
  {
    shape: /^(?:numa_pte_updates|pgfault|thp_fault_alloc|numa_hit)\s+\d+/m,
    is: "the kernel's counters of memory (/proc/vmstat, numastat), and no events",
    hint: RECORD,
  },
  {
    shape: /^version \d+\ntimestamp \d+\ncpu0 /m,
    is: '/proc/schedstat: counters of the scheduler, and no events',
    hint: RECORD,
  },
  {
    shape: /^\s*Function\s+Hit\s+Time\s+Avg/m,
    is: "ftrace's profile of functions (trace_stat): sums, and no events",
    hint: RECORD,
  },
  {
    shape: /^# tracer: (?:osnoise|timerlat|hwlat|wakeup\w*|irqsoff|preempt\w*|blk|mmiotrace)\s*$/m,
    is: "a trace of one of ftrace's latency tracers, without events of KVM",
    hint: `Enable the events too: echo 1 > events/kvm/enable, events/kvmmmu/enable, events/lock/enable. ${RECORD}`,
  },
  {
    shape:
      /^(?:\d+@\d+\.\d+:)?kvm_(?:run_exit|vcpu_ioctl|vm_ioctl|ioctl|set_user_memory)\w* .*(?:cpu_index|type 0x|fd )/m,
    is: "a trace of QEMU's own events (-trace), which are not the kernel's",
    hint: RECORD,
  },
  {
    shape: /^[^;\n]+;(?:[^;\n]+;)+\S+ \d+$/m,
    is: 'folded stacks of a flame graph: a profile, and no events',
    hint: RECORD,
  },
  {
    shape: /^\s*Caller\s+Avg Wait\s+Count/m,
    is: 'output of klockstat: sums of waits for locks, and no events',
    hint: `costs can be derived from perf lock contention: perf lock contention -a -b sleep 10 > FILE 2>&1; faultline contention FILE. ${RECORD}`,
  },
  {
    shape: /^\{"type": *"(?:attached_probes|printf|map|hist|stats|lost_events|time)", *"data":/m,
    is: "output of a bpftrace script as JSON (-f json): its words are the script's own",
    hint: RECORD,
  },
  {
    shape: /KVM_EXIT_REASON\s+COUNT|^Tracing .* time \(us\) of |^\s*\w+\s+: count\s+distribution/m,
    is: 'output of a tool of BCC (kvmexit, offcputime, argdist): sums, and no events',
    hint: RECORD,
  },
  {
    shape: /^(?:kvm_\w+(?:\([\w ]+\))?|exits|pf_\w+|halt_\w+)\s+\d+\s+\d+\s*$|^(?:\s*kvm_\w+){3,}\s*$/m,
    is: 'output of kvm_stat: counters, and no events',
    hint: RECORD,
  },
  {
    shape: /\[Tracepoint event\]|^(?:\w+:kvm\w*\s*\n){3}/m,
    is: 'a list of the names of events (perf list, available_events), and no events',
    hint: RECORD,
  },
  {
    shape: /^Buffer size in kilobytes|^\s*Individual systems:/m,
    is: 'output of trace-cmd stat: how tracing is set, and no events',
    hint: 'Give what trace-cmd report prints.',
  },
  {
    shape: /^\s*Event: \S+ \(\d+\) Total: \d+/m,
    is: 'a profile of trace-cmd (record --profile): sums, and no events',
    hint: 'Leave --profile out: trace-cmd record -e kvm -e kvmmmu -e lock; trace-cmd report | faultline trace -.',
  },
  {
    shape: /^[ *.A-Z\d]+\s\d+\.\d+ secs\s.*=> \S.*:\d+/m,
    is: 'output of perf sched map: which task was on which CPU, and no events of KVM',
    hint: RECORD,
  },
  {
    shape: /^Linux [\d.]+\S* \(\S+\)\s+\d|^procs -+memory-+|^Per-node process memory usage/m,
    is: 'output of a tool that counts for the whole host (sar, mpstat, pidstat, iostat, vmstat, numastat), and no events',
    hint: RECORD,
  },
  {
    shape: /^\s*\[\d+\]\s+\d+\.\d+: (?:hyp_\w+|__hyp\w*):?/m,
    is: "a trace of pKVM's hypervisor, whose events name no tasks, and no event of the host's KVM",
    hint: RECORD,
  },
  {
    shape: /WARNING: (?:possible (?:circular|recursive)|.*inconsistent lock state)|possible irq lock inversion/,
    is: 'a report of lockdep: which locks depend on each other, and no events',
    hint: RECORD,
  },
  {
    shape: /^diff --git a\/|^@@ -\d+,\d+ \+\d+/m,
    is: 'a patch, and no recording',
    hint: 'docs/your-own-patch.md explains how to try a patch; scripts/record-kvm-trace makes a recording.',
  },
]
