#include "adc.h"

#include <stddef.h>

/* Gravity above water in 0.01 g/L, pH and alcohol in 0.01. */
static const int16_t taken[][REJECTOR_INPUTS] = {
    {-220, 351, 940},
    {-150, 330, 1050},
    {50, 316, 980},
    {-400, 338, 1280},
};

bool adc_take(int16_t readings[REJECTOR_INPUTS]) {
    static size_t next;
    if (next == sizeof taken / sizeof taken[0]) {
        return false;
    }
    for (size_t i = 0; i < REJECTOR_INPUTS; i++) {
        readings[i] = taken[next][i];
    }
    next++;
    return true;
}
