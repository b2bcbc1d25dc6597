/* A node in a wine tank: it answers itself, or says which expert to ask.
 *
 * `rejector.h` and `rejector.c` are what `mild export rejector.mild --format c --out rejector` writes. */
#include <stdio.h>

#include "adc.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "mild.h"
#include "rejector.h"

static mild_image image;
static uint32_t scratch[REJECTOR_SCRATCH_WORDS];

static mild_status decide(const int16_t readings[REJECTOR_INPUTS]) {
    mild_decision decision = {0, MILD_LOCAL};
    mild_status status = mild_decide_i16(&image, readings, REJECTOR_INPUTS, MILD_REACHABLE_ALL,
                                         scratch, REJECTOR_SCRATCH_WORDS, &decision);
    const char *name = NULL;
    size_t length = 0;
    if (status == MILD_STATUS_OK) {
        status = mild_image_expert_name(&image, decision.expert, &name, &length);
    }
    if (status == MILD_STATUS_OK) {
        /* MILD_LOCAL (0) is the device itself: answer with its own model. */
        printf("ask %.*s, margin %d\n", (int)length, name, (int)decision.margin);
    }
    return status;
}

void app_main(void) {
    int16_t readings[REJECTOR_INPUTS];
    mild_status status = mild_image_open(&image, rejector_image, sizeof rejector_image);
    while (status == MILD_STATUS_OK && adc_take(readings)) {
        status = decide(readings);
        vTaskDelay(pdMS_TO_TICKS(1000));
    }
    if (status != MILD_STATUS_OK) {
        printf("%s\n", mild_status_string(status));
    }
}
