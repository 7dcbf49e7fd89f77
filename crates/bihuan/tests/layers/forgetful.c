/* A file layer that forgets what was not synced.
 *
 * Preloaded into a server under test. Every change to a file below $FORGETFUL_ROOT is written through, and
 * what it overwrote is noted first in a journal beside it (<file>.unsynced). fsync and fdatasync take out of the
 * journal what it held when they began; what is written meanwhile stays. SIGKILL leaves the page cache alone, so
 * after a kill the harness plays the journals backwards: each file is then what a power cut could have left, down
 * to the last sync.
 *
 * With $FORGETFUL_LIES set, syncing says yes and the journal stays: a disk that lies.
 *
 * With $FORGETFUL_SLOW set to n, each sync of a file below the root takes n milliseconds longer.
 *
 * With $FORGETFUL_DIES set to n, the process dies at its nth sync of a file below the root, before it syncs.
 *
 * A journal is a run of records: offset, old length, file size before, then the old bytes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct record {
    uint64_t offset;
    uint64_t old_length;
    uint64_t size_before;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t syncing = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void find_real(void) {
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_write = dlsym(RTLD_NEXT, "write");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
}

/* Writes the journal's path for `fd` into `path`; returns 0 where the file is not watched. The shared
 * memory index of SQLite is left out: it is rebuilt from the log when the last process died. */
static int journal_of(int fd, char *path) {
    const char *root = getenv("FORGETFUL_ROOT");
    char link[64];
    struct stat st;
    if (root == NULL || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 16);
    if (n <= 0) return 0;
    path[n] = 0;
    if (strncmp(path, root, strlen(root)) != 0) return 0;
    if (n > 4 && strcmp(path + n - 4, "-shm") == 0) return 0;
    strcpy(path + n, ".unsynced");
    return 1;
}

/* Notes what a change of `length` bytes at `offset` will overwrite, before it happens. */
static void note(int fd, uint64_t offset, uint64_t length) {
    char path[PATH_MAX];
    struct stat st;
    if (!journal_of(fd, path) || fstat(fd, &st) != 0) return;
    struct record r = {offset, 0, (uint64_t)st.st_size};
    if (offset < r.size_before) {
        r.old_length = r.size_before - offset < length ? r.size_before - offset : length;
    }
    char *bytes = malloc(sizeof r + r.old_length);
    if (bytes == NULL) abort();
    memcpy(bytes, &r, sizeof r);
    if (r.old_length > 0 && pread(fd, bytes + sizeof r, r.old_length, offset) != (ssize_t)r.old_length) abort();
    int journal = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal < 0 || real_write(journal, bytes, sizeof r + r.old_length) != (ssize_t)(sizeof r + r.old_length)) abort();
    close(journal);
    free(bytes);
}

/* Takes the first `covered` bytes out of a journal. A kill in the middle leaves it as it was. */
static void forget_journal(const char *path, off_t covered) {
    char rest[PATH_MAX + 8];
    struct stat st;
    if (getenv("FORGETFUL_LIES") != NULL || stat(path, &st) != 0) return;
    size_t length = st.st_size - covered;
    char *bytes = malloc(length + 1);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (bytes == NULL || from < 0 || pread(from, bytes, length, covered) != (ssize_t)length) abort();
    close(from);
    snprintf(rest, sizeof rest, "%s.rest", path);
    int to = open(rest, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0 || real_write(to, bytes, length) != (ssize_t)length || rename(rest, path) != 0) abort();
    close(to);
    free(bytes);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    pthread_mutex_lock(&lock);
    note(fd, offset, length);
    ssize_t n = real_pwrite(fd, bytes, length, offset);
    pthread_mutex_unlock(&lock);
    return n;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite(fd, bytes, length, offset);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    char path[PATH_MAX];
    if (!journal_of(fd, path)) return real_write(fd, bytes, length);
    pthread_mutex_lock(&lock);
    struct stat st;
    int appends = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
    off_t at = appends && fstat(fd, &st) == 0 ? st.st_size : lseek(fd, 0, SEEK_CUR);
    if (at >= 0) note(fd, at, length);
    ssize_t n = real_write(fd, bytes, length);
    pthread_mutex_unlock(&lock);
    return n;
}

int ftruncate(int fd, off_t length) {
    struct stat st;
    pthread_mutex_lock(&lock);
    if (fstat(fd, &st) == 0) {
        /* A shrinking file loses its tail; a growing one is undone by its size alone. */
        if (length < st.st_size) note(fd, length, st.st_size - length);
        else note(fd, st.st_size, 0);
    }
    int result = real_ftruncate(fd, length);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

/* Dies where the harness wants it. */
static void may_die(int fd) {
    static long syncs = 0;
    char path[PATH_MAX];
    const char *at = getenv("FORGETFUL_DIES");
    if (at != NULL && journal_of(fd, path) && ++syncs == atol(at)) kill(getpid(), SIGKILL);
}

static int sync_with(int (*real)(int), int fd) {
    char path[PATH_MAX];
    struct stat st;
    if (!journal_of(fd, path)) return real(fd);
    /* One at a time: each knows where in the journal it began. Writers go on meanwhile, as on a disk. */
    pthread_mutex_lock(&syncing);
    pthread_mutex_lock(&lock);
    may_die(fd);
    off_t covered = stat(path, &st) == 0 ? st.st_size : 0;
    pthread_mutex_unlock(&lock);
    int result = real(fd);
    const char *slow = getenv("FORGETFUL_SLOW");
    if (slow != NULL) usleep(1000 * atol(slow));
    pthread_mutex_lock(&lock);
    if (result == 0 && covered > 0) forget_journal(path, covered);
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&syncing);
    return result;
}

int fsync(int fd) { return sync_with(real_fsync, fd); }

int fdatasync(int fd) { return sync_with(real_fdatasync, fd); }
