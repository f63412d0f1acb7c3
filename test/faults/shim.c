/*
 * Fails the file operations of a process, chosen one at a time. Loaded before libc (LD_PRELOAD), Linux only.
 *
 * COUNTERSIGN_FAULTS_ROOT     operations on files below this folder are counted; all others pass
 * COUNTERSIGN_FAULTS_CONTROL  a file of 32 bytes, mapped: see struct control
 * COUNTERSIGN_FAULTS_TRACE    a file that each counted operation is written to, a line each
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Native byte order; written by the test, but for count and fired. */
struct control {
  uint32_t armed;  /* 1: operations count and may fail */
  uint32_t at;     /* the operation that fails, from 1; 0: none */
  uint32_t mode;   /* see below */
  uint32_t sticky; /* 1: everything after it fails, too */
  uint32_t count;  /* operations so far */
  uint32_t fired;  /* operations that failed */
  uint32_t unused[2];
};

enum { EIO_BEFORE = 1, EIO_AFTER = 2, SHORT_WRITE = 3, ENOSPC_BEFORE = 4, SLOW = 5 };

/* What an operation takes longer under SLOW. */
enum { SLOW_MICROSECONDS = 10000 };

static struct control *control;
static char root[PATH_MAX];
static size_t root_length;
static int trace = -1;

__attribute__((constructor)) static void start(void) {
  const char *folder = getenv("COUNTERSIGN_FAULTS_ROOT");
  const char *file = getenv("COUNTERSIGN_FAULTS_CONTROL");
  const char *lines = getenv("COUNTERSIGN_FAULTS_TRACE");
  if (folder == NULL || file == NULL || realpath(folder, root) == NULL) return;
  root_length = strlen(root);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) control = mapped;
  if (lines != NULL) trace = (int)syscall(SYS_openat, AT_FDCWD, lines, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static int below_root(const char *path) {
  return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == '\0');
}

static int name_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return 1;
}

/* The fault for this operation: a mode, or 0. */
static uint32_t judge(const char *operation, const char *path) {
  if (control == NULL || control->armed == 0 || !below_root(path)) return 0;
  uint32_t number = __atomic_add_fetch(&control->count, 1, __ATOMIC_SEQ_CST);
  if (trace >= 0) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %s\n", operation, path + root_length);
    if (syscall(SYS_write, trace, line, (size_t)length) < 0) abort();
  }
  int hit = control->at != 0 && (number == control->at || (control->sticky != 0 && number > control->at));
  if (!hit) return 0;
  __atomic_add_fetch(&control->fired, 1, __ATOMIC_SEQ_CST);
  if (control->mode == SLOW) {
    usleep(SLOW_MICROSECONDS);
    return 0;
  }
  /* What comes after a write that was cut short finds the disk full. */
  if (control->mode == SHORT_WRITE && number > control->at) return ENOSPC_BEFORE;
  return control->mode;
}

static uint32_t judge_fd(const char *operation, int fd) {
  char path[PATH_MAX];
  if (control == NULL || control->armed == 0 || !name_of(fd, path)) return 0;
  return judge(operation, path);
}

static long fail(uint32_t mode) {
  errno = mode == ENOSPC_BEFORE ? ENOSPC : EIO;
  return -1;
}

/* Runs `call` under `fault`, for operations that have no half. */
#define WHOLE(fault, call)                                                 \
  do {                                                                     \
    uint32_t mode = (fault);                                               \
    if (mode == EIO_BEFORE || mode == ENOSPC_BEFORE) return (int)fail(mode); \
    long result = (call);                                                  \
    if (mode == EIO_AFTER && result >= 0) return (int)fail(mode);          \
    return (int)result;                                                    \
  } while (0)

/* The same for writes: half of it when it is to be short. */
#define WRITE(fault, size, call)                                           \
  do {                                                                     \
    uint32_t mode = (fault);                                               \
    if (mode == EIO_BEFORE || mode == ENOSPC_BEFORE) return (ssize_t)fail(mode); \
    if (mode == SHORT_WRITE && (size) > 1) (size) /= 2;                    \
    long result = (call);                                                  \
    if (mode == EIO_AFTER && result >= 0) return (ssize_t)fail(mode);      \
    return (ssize_t)result;                                                \
  } while (0)

ssize_t write(int fd, const void *bytes, size_t size) {
  WRITE(judge_fd("write", fd), size, syscall(SYS_write, fd, bytes, size));
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  WRITE(judge_fd("write", fd), size, syscall(SYS_pwrite64, fd, bytes, size, offset));
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) { return pwrite64(fd, bytes, size, offset); }

int fsync(int fd) { WHOLE(judge_fd("sync", fd), syscall(SYS_fsync, fd)); }

int fdatasync(int fd) { WHOLE(judge_fd("sync", fd), syscall(SYS_fdatasync, fd)); }

int ftruncate64(int fd, off64_t size) { WHOLE(judge_fd("truncate", fd), syscall(SYS_ftruncate, fd, size)); }

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int rename(const char *from, const char *to) {
  WHOLE(judge("rename", to), syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int unlink(const char *path) { WHOLE(judge("unlink", path), syscall(SYS_unlinkat, AT_FDCWD, path, 0)); }

int mkdir(const char *path, mode_t mode_bits) {
  WHOLE(judge("mkdir", path), syscall(SYS_mkdirat, AT_FDCWD, path, mode_bits));
}

static int open_file(const char *path, int flags, mode_t mode_bits) {
  int creates = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
  uint32_t mode = creates ? judge("create", path) : 0;
  if (mode == EIO_BEFORE || mode == ENOSPC_BEFORE) return (int)fail(mode);
  long fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode_bits);
  if (mode == EIO_AFTER && fd >= 0) {
    syscall(SYS_close, fd);
    return (int)fail(mode);
  }
  return (int)fd;
}

#define OPEN(name)                                                       \
  int name(const char *path, int flags, ...) {                           \
    mode_t mode_bits = 0;                                                \
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {                          \
      va_list rest;                                                      \
      va_start(rest, flags);                                             \
      mode_bits = va_arg(rest, mode_t);                                  \
      va_end(rest);                                                      \
    }                                                                    \
    return open_file(path, flags, mode_bits);                            \
  }
OPEN(open)
OPEN(open64)
