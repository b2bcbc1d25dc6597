/* Opens the image that the linker put into the program, by the script of `mild export --format bin`.
 *
 * Prints `image PLACE SIZE EXPERT`: its address modulo four, its bytes, and whom it asks if every
 * feature is zero. */
#include "mild.h"
#include "platform.h"
#include "stop.h"

enum { MAX_INPUTS = 64, MAX_SCRATCH = 256 };

extern const uint32_t rejector_image[];
extern const uint8_t rejector_image_end[];

static mild_image image;
static uint32_t scratch[MAX_SCRATCH];
static const float zeros[MAX_INPUTS];

void run(void) {
    const size_t size = (size_t)(rejector_image_end - (const uint8_t *)rejector_image);
    mild_decision decision = {0, MILD_LOCAL};
    must(mild_image_open(&image, rejector_image, size));
    must(mild_decide_f32(&image, zeros, mild_image_inputs(&image), MILD_REACHABLE_ALL, scratch,
                         MAX_SCRATCH, &decision));
    platform_print("image ");
    platform_print_number((uint32_t)((uintptr_t)rejector_image % 4u));
    platform_print(" ");
    platform_print_number((uint32_t)size);
    platform_print(" ");
    platform_print_number(decision.expert);
    platform_print("\n");
    platform_exit(true);
}
