/* A stand-in for what the example takes of FreeRTOS. */
#ifndef FREERTOS_H
#define FREERTOS_H

#include <stddef.h>
#include <stdint.h>

#define pdMS_TO_TICKS(ms) ((uint32_t)(ms))

#endif
