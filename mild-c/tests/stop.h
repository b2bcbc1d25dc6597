/* How a test program ends early. */
#ifndef STOP_H
#define STOP_H

#include "platform.h"
#include "mild.h"

static inline void stop(const char *why) {
    platform_print(why);
    platform_print("\n");
    platform_exit(false);
}

static inline void must(mild_status status) {
    if (status != MILD_STATUS_OK) {
        stop(mild_status_string(status));
    }
}

#endif
