/* A time of day that can be set.
 *
 * Preloaded into a server under test. The file $CLOCK_AHEAD holds by how many seconds its time of day goes ahead
 * of the machine's, and is read at each look. The clock that only counts is left alone, as it is where somebody
 * sets a machine's time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int (*real_clock_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void find_real(void) {
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
}

static time_t ahead(void) {
    const char *file = getenv("CLOCK_AHEAD");
    char text[32];
    int fd = file == NULL ? -1 : open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return 0;
    text[n] = 0;
    return (time_t)atoll(text);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = real_clock_gettime(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += ahead();
    return result;
}
