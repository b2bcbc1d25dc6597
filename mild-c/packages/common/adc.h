/* A stand-in for three probes behind an ADC, so that the sample runs on every board. */
#ifndef ADC_H
#define ADC_H

#include <stdbool.h>
#include <stdint.h>

#include "rejector.h"

/* The next readings; false when there are no more. */
bool adc_take(int16_t readings[REJECTOR_INPUTS]);

#endif
