/* Moves the clock of the programs that load it, by the seconds in MOVED_CLOCK; `.ci/hours` uses it.
   Times of files are moved along, so that what was just written is not old. The clock of waits and
   pauses, CLOCK_MONOTONIC, stays as it is: libfaketime moves that too, and then Python's waits hang. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

static time_t by(void) {
  const char *text = getenv("MOVED_CLOCK");
  return text ? (time_t)atoll(text) : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int clock_gettime(clockid_t clock, struct timespec *now) {
  static __typeof__(&clock_gettime) real;
  if (!real) real = REAL(clock_gettime);
  int code = real(clock, now);
  if (!code && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += by();
  return code;
}

int gettimeofday(struct timeval *now, void *zone) {
  (void)zone;
  struct timespec read;
  int code = clock_gettime(CLOCK_REALTIME, &read);
  if (!code) *now = (struct timeval){read.tv_sec, read.tv_nsec / 1000};
  return code;
}

time_t time(time_t *kept) {
  struct timespec read;
  clock_gettime(CLOCK_REALTIME, &read);
  if (kept) *kept = read.tv_sec;
  return read.tv_sec;
}

static int moved(int code, struct stat *of) {
  if (!code) {
    of->st_mtim.tv_sec += by();
    of->st_atim.tv_sec += by();
    of->st_ctim.tv_sec += by();
  }
  return code;
}

/* Programs for large files call the names with 64; on 64-bit machines both are one and the same. */
#define STATS(six) \
  int stat##six(const char *path, struct stat##six *of) { \
    return moved(REAL(stat##six)(path, of), (struct stat *)of); \
  } \
  int lstat##six(const char *path, struct stat##six *of) { \
    return moved(REAL(lstat##six)(path, of), (struct stat *)of); \
  } \
  int fstat##six(int file, struct stat##six *of) { \
    return moved(REAL(fstat##six)(file, of), (struct stat *)of); \
  } \
  int fstatat##six(int folder, const char *path, struct stat##six *of, int flags) { \
    return moved(REAL(fstatat##six)(folder, path, of, flags), (struct stat *)of); \
  }
STATS()
STATS(64)
_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "a 64-bit machine is needed");

static const struct timespec *back(const struct timespec given[2], struct timespec kept[2]) {
  if (!given) return NULL;
  for (int i = 0; i < 2; i++) {
    kept[i] = given[i];
    if (given[i].tv_nsec != UTIME_NOW && given[i].tv_nsec != UTIME_OMIT) kept[i].tv_sec -= by();
  }
  return kept;
}

int utimensat(int folder, const char *path, const struct timespec given[2], int flags) {
  struct timespec kept[2];
  return REAL(utimensat)(folder, path, back(given, kept), flags);
}

int futimens(int file, const struct timespec given[2]) {
  struct timespec kept[2];
  return REAL(futimens)(file, back(given, kept));
}
