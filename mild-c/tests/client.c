/* A node that asks over its standard input and output, and says on its standard error how each input
 * was resolved: `OUTCOME by KIND NUMBER failure sent`, at the end the governor's counters. The host
 * plays the gateway (`cargo xtask c test`). */
#define _POSIX_C_SOURCE 200809L
#include "mild.h"
#include "platform.h"
#include "rejector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { INPUTS = 40, NODE = 7 };

static uint32_t scratch[REJECTOR_SCRATCH_WORDS];
static mild_image image;
static mild_client client;

static size_t line_read(void *context, uint8_t *into, size_t size) {
    (void)context;
    const ssize_t arrived = read(STDIN_FILENO, into, size);
    return arrived > 0 ? (size_t)arrived : 0;
}

static bool line_write(void *context, const uint8_t *bytes, size_t size) {
    (void)context;
    size_t sent = 0;
    while (sent < size) {
        const ssize_t now = write(STDOUT_FILENO, bytes + sent, size - sent);
        if (now < 0 && errno != EINTR) {
            return false;
        }
        sent += now > 0 ? (size_t)now : 0;
    }
    return true;
}

static uint64_t clock_now(void *context) {
    struct timespec now;
    (void)context;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void clock_idle(void *context) {
    const struct timespec pause = {0, 100000};
    (void)context;
    (void)nanosleep(&pause, NULL);
}

static void must(mild_status status) {
    if (status != MILD_STATUS_OK) {
        (void)fprintf(stderr, "%s\n", mild_status_string(status));
        platform_exit(false);
    }
}

void run(void) {
    static const uint8_t key[MILD_KEY_BYTES] = {1, 2, 3};
    const mild_port port = {NULL, line_read, line_write, clock_now, clock_idle};
    const mild_retries retries = {4000, 400, 10, 1, 1, 2, 255};
    mild_retry_policy policy;
    mild_governor_settings settings;
    mild_governor governor;
    mild_governor_counters counters;

    (void)fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    must(mild_image_open(&image, rejector_image, sizeof rejector_image));
    must(mild_retry_policy_init(&policy, &retries));
    must(mild_client_init(&client, &policy, &port, NODE, key, 5, 0x0123456789ABCDEFu));
    /* Every input may be deferred: the governor only counts. */
    must(mild_governor_settings_init(&settings, -(1 << 20), 1 << 20, 1 << 14, 1u << 16, 0, false));
    must(mild_governor_init(&governor, &settings));

    for (int input = 0; input < INPUTS; input++) {
        int8_t codes[REJECTOR_INPUTS];
        for (int i = 0; i < REJECTOR_INPUTS; i++) {
            codes[i] = (int8_t)((input * 37 + i * 11) % 251 - 125);
        }
        mild_scores scores;
        mild_governor_input governed;
        mild_outcome outcome;
        const mild_client_input asked = {
            {MILD_ANSWER_KIND_LABEL, 1000u + (uint32_t)input, 0.0f},
            MILD_PAYLOAD_KIND_CODES,
            (const uint8_t *)codes,
            sizeof codes,
        };
        must(mild_scores_i8(&image, codes, REJECTOR_INPUTS, scratch, REJECTOR_SCRATCH_WORDS,
                            &scores));
        must(mild_governor_begin(&governor, &scores, &governed));
        must(mild_client_resolve_governed(&client, &asked, &governed, &outcome));
        (void)fprintf(stderr, "outcome %u %lu %ld %u\n", (unsigned)outcome.by,
                      (unsigned long)outcome.answer.label, (long)outcome.failure,
                      (unsigned)outcome.sent);
    }
    must(mild_governor_get_counters(&governor, &counters));
    (void)fprintf(stderr, "governor %lu %lu\n", (unsigned long)counters.decisions,
                  (unsigned long)counters.deferred);
    platform_exit(true);
}
