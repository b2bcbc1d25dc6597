/* From a reading to whom to ask.
 *
 * `rejector.h` and `rejector.c` are what `mild export rejector.mild --format c --out rejector` writes. */
#include <stdio.h>

#include <mild.h>

#include "adc.h"
#include "rejector.h"

static mild_image image;
static uint32_t scratch[REJECTOR_SCRATCH_WORDS];

int main(void) {
    int16_t readings[REJECTOR_INPUTS];
    mild_status status = mild_image_open(&image, rejector_image, sizeof rejector_image);
    while (status == MILD_STATUS_OK && adc_take(readings)) {
        mild_decision decision = {0, MILD_LOCAL};
        const char *name = NULL;
        size_t length = 0;
        status = mild_decide_i16(&image, readings, REJECTOR_INPUTS, MILD_REACHABLE_ALL, scratch,
                                 REJECTOR_SCRATCH_WORDS, &decision);
        if (status == MILD_STATUS_OK) {
            status = mild_image_expert_name(&image, decision.expert, &name, &length);
        }
        if (status == MILD_STATUS_OK) {
            /* MILD_LOCAL (0) is the device itself: answer with its own model. */
            printf("ask %.*s, margin %d\n", (int)length, name, (int)decision.margin);
        }
    }
    if (status != MILD_STATUS_OK) {
        printf("%s\n", mild_status_string(status));
    }
    return status == MILD_STATUS_OK ? 0 : 1;
}
