/* A file layer over a disk that fills up.
 *
 * Preloaded into a server under test. While the file $FULL_WHEN is there, the files below $FULL_ROOT may grow by
 * $FULL_LEFT bytes more in each process. A write beyond that is cut short where the room ends, and fails with
 * ENOSPC where there is none at all, as on a disk that is full: what lies there already may be overwritten. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* How much the files of this process have grown since the disk is full. */
static off_t grown;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_posix_fallocate)(int, off_t, off_t);

__attribute__((constructor)) static void find_real(void) {
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_pwritev = dlsym(RTLD_NEXT, "pwritev");
    real_write = dlsym(RTLD_NEXT, "write");
    real_posix_fallocate = dlsym(RTLD_NEXT, "posix_fallocate");
}

/* Whether `fd` is a file on the disk that can fill up. */
static int is_on_disk(int fd, struct stat *st) {
    char link[64], path[PATH_MAX];
    const char *root = getenv("FULL_ROOT");
    if (root == NULL || fstat(fd, st) != 0 || !S_ISREG(st->st_mode)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return strncmp(path, root, strlen(root)) == 0;
}

/* Returns how many of `length` bytes at `offset` there is room for, and takes that room. */
static size_t take_room(int fd, off_t offset, size_t length) {
    const char *when = getenv("FULL_WHEN"), *allowed = getenv("FULL_LEFT");
    struct stat st, flag;
    if (when == NULL || length == 0 || !is_on_disk(fd, &st)) return length;
    pthread_mutex_lock(&lock);
    if (stat(when, &flag) != 0) {
        grown = 0;
    } else {
        off_t end = offset + (off_t)length;
        off_t growth = end > st.st_size ? end - (st.st_size > offset ? st.st_size : offset) : 0;
        off_t left = (allowed == NULL ? 0 : atoll(allowed)) - grown;
        off_t taken = growth < left ? growth : left;
        grown += taken;
        length -= (size_t)(growth - taken);
    }
    pthread_mutex_unlock(&lock);
    if (length == 0) errno = ENOSPC;
    return length;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    size_t fits = take_room(fd, offset, length);
    return fits == 0 && length > 0 ? -1 : real_pwrite(fd, bytes, fits, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite(fd, bytes, length, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    size_t length = 0;
    for (int at = 0; at < count; at++) length += parts[at].iov_len;
    if (take_room(fd, offset, length) == length) return real_pwritev(fd, parts, count, offset);
    errno = ENOSPC;
    return -1;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) {
    return pwritev(fd, parts, count, offset);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    struct stat st;
    int appends = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
    off_t at = appends && fstat(fd, &st) == 0 ? st.st_size : lseek(fd, 0, SEEK_CUR);
    size_t fits = at < 0 ? length : take_room(fd, at, length);
    return fits == 0 && length > 0 ? -1 : real_write(fd, bytes, fits);
}

int posix_fallocate(int fd, off_t offset, off_t length) {
    if (take_room(fd, offset, (size_t)length) < (size_t)length) return ENOSPC;
    return real_posix_fallocate(fd, offset, length);
}

int posix_fallocate64(int fd, off_t offset, off_t length) { return posix_fallocate(fd, offset, length); }
