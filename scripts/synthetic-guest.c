// A virtual machine whose guest touches random pages while threads of its VMM disturb them: something to record with
// scripts/record-kvm-trace where no guest is at hand. Needs x86-64 and /dev/kvm.
//
//   cc -O2 -pthread -o synthetic-guest scripts/synthetic-guest.c && sudo ./synthetic-guest --help
//
// Prints its memslots as JSON for --memslots, then runs until its time is over.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, RAM = 256 << 20, DATA = 16 << 20, SPARE_GFN = 0x100000, MOST_VCPUS = 16 };

// The guest: rdi is where its memory begins, rsi how many pages it touches (a power of two) less one, rbx a seed that is not
// zero, rcx how long it pauses after each page.
extern char guest_begins[], guest_ends[];
__asm__(".globl guest_begins, guest_ends\nguest_begins:\n"
        "1: mov %rbx, %rax\n shl $13, %rax\n xor %rax, %rbx\n"
        "mov %rbx, %rax\n shr $7, %rax\n xor %rax, %rbx\n"
        "mov %rbx, %rax\n shl $17, %rax\n xor %rax, %rbx\n"
        "mov %rbx, %rax\n and %rsi, %rax\n shl $12, %rax\n"
        "incl (%rdi, %rax)\n"
        "mov %rcx, %rdx\n2: test %rdx, %rdx\n jz 1b\n pause\n dec %rdx\n jmp 2b\nguest_ends:\n");

static int vcpus = 2, pages = 4096, pauses;
static double rate, numa, whole, unrelated, updates, delay, seconds = 1;
static char *ram, *elsewhere;
static int vm;
static atomic_int over;

static void failed(const char *what) {
  perror(what);
  exit(3);
}

static void *mapped(size_t bytes) {
  // 2 MiB more, so that it can begin at a multiple of that, as the memory of a VMM does.
  char *at = mmap(NULL, bytes + (2 << 20), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) failed("mmap");
  at = (char *)(((uintptr_t)at + (2 << 20) - 1) & ~(uintptr_t)((2 << 20) - 1));
  madvise(at, bytes, MADV_NOHUGEPAGE);
  return at;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

// Until the next event is due; a short time is spun away, as a sleep takes 50 us at least.
static void until(double at) {
  double left = at - now();
  if (left > 200e-6) usleep((left - 100e-6) * 1e6);
  while (!over && now() < at) __builtin_ia32_pause();
}

static void segment(struct kvm_segment *s, int type, int selector) {
  *s = (struct kvm_segment){.limit = 0xffffffff, .selector = selector, .present = 1, .type = type, .s = 1, .g = 1, .dpl = 3};
  if (type == 11) s->l = 1;
  else s->db = 1;
}

static void *run_vcpu(void *argument) {
  int id = (intptr_t)argument;
  int fd = ioctl(vm, KVM_CREATE_VCPU, id);
  if (fd < 0) failed("KVM_CREATE_VCPU");
  struct kvm_sregs sregs;
  if (ioctl(fd, KVM_GET_SREGS, &sregs)) failed("KVM_GET_SREGS");
  segment(&sregs.cs, 11, 0x33);
  segment(&sregs.ds, 3, 0x2b);
  sregs.es = sregs.fs = sregs.gs = sregs.ss = sregs.ds;
  sregs.cr3 = 0x1000;
  sregs.cr4 = 1 << 5;
  sregs.cr0 = 0x80050033;
  sregs.efer = 0x500;
  if (ioctl(fd, KVM_SET_SREGS, &sregs)) failed("KVM_SET_SREGS");
  struct kvm_regs regs = {.rip = 0x8000, .rflags = 2, .rdi = DATA, .rsi = pages - 1, .rbx = 88172645463325252ull + id, .rcx = pauses};
  if (ioctl(fd, KVM_SET_REGS, &regs)) failed("KVM_SET_REGS");
  struct kvm_run *run = mmap(NULL, ioctl(open("/dev/kvm", O_RDWR), KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  while (!over) {
    // EFAULT: the page that is touched is write-protected at the moment.
    if (ioctl(fd, KVM_RUN, 0) == 0 || (errno != EINTR && errno != EFAULT)) {
      fprintf(stderr, "the guest left for reason %u\n", run->exit_reason);
      exit(3);
    }
  }
  return NULL;
}

// Takes pages away, at a rate: one as page merging does, 2 MiB as NUMA balancing does, all, or memory of no guest.
static void *disturb(void *argument) {
  double *per_second = argument;
  uint64_t random = 0x9e3779b97f4a7c15ull ^ (uintptr_t)per_second;
  double at = now();
  while (!over) {
    until(at += 1 / *per_second);
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    char *page = ram + DATA + (size_t)(random % pages) * PAGE;
    if (per_second == &rate) madvise(page, PAGE, MADV_DONTNEED);
    if (per_second == &whole) madvise(ram + DATA, (size_t)pages * PAGE, MADV_DONTNEED);
    if (per_second == &unrelated) *elsewhere = 1, madvise(elsewhere, 1 << 20, MADV_DONTNEED);
    if (per_second != &numa) continue;
    char *block = (char *)((uintptr_t)page & ~(uintptr_t)((2 << 20) - 1));
    mprotect(block, 2 << 20, PROT_READ);
    mprotect(block, 2 << 20, PROT_READ | PROT_WRITE);
    madvise(block, 2 << 20, MADV_DONTNEED);
  }
  return NULL;
}

static void *update(void *argument) {
  (void)argument;
  struct kvm_userspace_memory_region slot = {.slot = 1, .guest_phys_addr = (uint64_t)SPARE_GFN * PAGE, .userspace_addr = (uintptr_t)elsewhere};
  double at = now();
  while (!over) {
    until(at += 1 / updates);
    slot.memory_size = slot.memory_size ? 0 : 1 << 20;
    if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot)) failed("KVM_SET_USER_MEMORY_REGION");
  }
  return NULL;
}

static void usage(void) {
  puts("Usage: synthetic-guest [--vcpus N] [--pages N] [--pauses N] [--delay S] [--seconds S]\n"
       "         [--single RATE] [--numa RATE] [--whole RATE] [--unrelated RATE] [--updates RATE]\n\n"
       "Each rate is of a thread of its own, a second: of single pages that are dropped, of blocks of 2 MiB that are\n"
       "write-protected, released and dropped, of all touched pages that are dropped, of memory that is no guest's,\n"
       "of memslots that are added and removed. --pages is a power of two, --pauses the PAUSEs after each touch. All\n"
       "threads begin after the delay, in which a recorder can be started.");
}

static void parse(int argc, char **argv) {
  static const struct option flags[] = {{"vcpus", 1, 0, 'v'}, {"pages", 1, 0, 'p'}, {"pauses", 1, 0, 'q'}, {"seconds", 1, 0, 's'}, {"delay", 1, 0, 'd'},
    {"single", 1, 0, 'r'}, {"numa", 1, 0, 'n'}, {"whole", 1, 0, 'w'}, {"unrelated", 1, 0, 'u'}, {"updates", 1, 0, 'm'}, {"help", 0, 0, 'h'}, {0}};
  for (int flag; (flag = getopt_long(argc, argv, "", flags, NULL)) != -1;) {
    if (flag == 'v') vcpus = atoi(optarg);
    else if (flag == 'p') pages = atoi(optarg);
    else if (flag == 'q') pauses = atoi(optarg);
    else if (flag == 'd') delay = atof(optarg);
    else if (flag == 's') seconds = atof(optarg);
    else if (flag == 'r') rate = atof(optarg);
    else if (flag == 'n') numa = atof(optarg);
    else if (flag == 'w') whole = atof(optarg);
    else if (flag == 'u') unrelated = atof(optarg);
    else if (flag == 'm') updates = atof(optarg);
    else usage(), exit(flag == 'h' ? 0 : 2);
  }
  if (vcpus < 1 || vcpus > MOST_VCPUS || pages < 1 || (pages & (pages - 1)) || (size_t)pages * PAGE > RAM - DATA) usage(), exit(2);
}

static void create(void) {
  int kvm = open("/dev/kvm", O_RDWR);
  if (kvm < 0) failed("/dev/kvm");
  if ((vm = ioctl(kvm, KVM_CREATE_VM, 0)) < 0) failed("KVM_CREATE_VM");
  ram = mapped(RAM);
  elsewhere = mapped(2 << 20);
  struct kvm_userspace_memory_region slot = {.slot = 0, .memory_size = RAM, .userspace_addr = (uintptr_t)ram};
  if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot)) failed("KVM_SET_USER_MEMORY_REGION");
  // Page tables of the guest: its first 1 GiB as it is, in pages of 2 MiB.
  uint64_t *tables = (uint64_t *)(ram + 0x1000);
  tables[0] = 0x2007;
  tables[512] = 0x3007;
  for (uint64_t block = 0; block < 512; block++) tables[1024 + block] = block << 21 | 0x87;
  memcpy(ram + 0x8000, guest_begins, guest_ends - guest_begins);
}

static void ignore(int signal) { (void)signal; }

int main(int argc, char **argv) {
  parse(argc, argv);
  create();
  sigaction(SIGUSR1, &(struct sigaction){.sa_handler = ignore}, NULL);
  printf("{\"memslots\":[{\"slot\":0,\"baseGfn\":0,\"hva\":\"%p\",\"pages\":%d}]}\n", (void *)ram, RAM / PAGE);
  fflush(stdout);
  usleep(delay * 1e6);
  pthread_t threads[MOST_VCPUS + 5];
  int count = 0;
  while (count < vcpus) pthread_create(&threads[count], NULL, run_vcpu, (void *)(intptr_t)count), count++;
  double *rates[] = {&rate, &numa, &whole, &unrelated};
  for (int i = 0; i < 4; i++) if (*rates[i] > 0) pthread_create(&threads[count++], NULL, disturb, rates[i]);
  if (updates > 0) pthread_create(&threads[count++], NULL, update, NULL);
  usleep(seconds * 1e6);
  over = 1;
  for (int i = 0; i < vcpus; i++) pthread_kill(threads[i], SIGUSR1);
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
  uint32_t touched = 0;
  for (int i = 0; i < pages; i++) touched += *(uint32_t *)(ram + DATA + (size_t)i * PAGE);
  fprintf(stderr, "%u touches of pages that are still there\n", touched);
}
