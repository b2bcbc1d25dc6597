/* A stand-in for what the sample takes of Zephyr. Nobody waits. */
#ifndef ZEPHYR_KERNEL_H
#define ZEPHYR_KERNEL_H

#include <stdint.h>
#include <stdio.h>

#define printk (void)printf

static inline int32_t k_msleep(int32_t ms) {
    return ms - ms;
}

#endif
