/* A stand-in for what the example takes of FreeRTOS. Nobody waits. */
#ifndef TASK_H
#define TASK_H

#include <stdint.h>

static inline void vTaskDelay(uint32_t ticks) {
    (void)ticks;
}

#endif
