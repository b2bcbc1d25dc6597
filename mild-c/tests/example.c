/* The program of the README: from a reading to whom to ask. Prints the decision for one input. */
#include "mild.h"
#include "platform.h"
#include "rejector.h"

static mild_image image;
static uint32_t scratch[REJECTOR_SCRATCH_WORDS];

static int sensor_setup(void) {
    return mild_image_open(&image, rejector_image, sizeof rejector_image);
}

static uint8_t whom_to_ask(const float features[REJECTOR_INPUTS]) {
    mild_decision decision = {0, MILD_LOCAL};
    (void)mild_decide_f32(&image, features, REJECTOR_INPUTS, MILD_REACHABLE_ALL, scratch,
                          REJECTOR_SCRATCH_WORDS, &decision);
    return decision.expert; /* MILD_LOCAL: answer here. */
}

void run(void) {
    static float features[REJECTOR_INPUTS];
    if (sensor_setup() != MILD_STATUS_OK) {
        platform_print("the image cannot be opened\n");
        platform_exit(false);
    }
    const uint8_t expert = whom_to_ask(features);
    platform_print("expert ");
    platform_print_number(expert);
    platform_print("\n");
    platform_exit(expert < REJECTOR_EXPERTS);
}
