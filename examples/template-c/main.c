/* One row of readings, and who is asked about it. */
#include <inttypes.h>
#include <stdio.h>

#include <mild.h>
#include "rejector.h"

static mild_image image;
static uint32_t scratch[REJECTOR_SCRATCH_WORDS];

int main(void) {
    /* One for each input, in the order of REJECTOR_INPUT_...: write a row of your log. */
    static const float features[REJECTOR_INPUTS] = {0};
    mild_decision decision = {0, MILD_LOCAL};
    mild_status status = mild_image_open(&image, rejector_image, sizeof rejector_image);
    if (status == MILD_STATUS_OK) {
        status = mild_decide_f32(&image, features, REJECTOR_INPUTS, MILD_REACHABLE_ALL, scratch,
                                 REJECTOR_SCRATCH_WORDS, &decision);
    }
    if (status != MILD_STATUS_OK) {
        printf("%s\n", mild_status_string(status));
        return 1;
    }
    printf("%s, margin %" PRId32 "\n", rejector_expert_names[decision.expert], decision.margin);
    return 0;
}
