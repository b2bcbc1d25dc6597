/* Computes the inputs of a log with windows by the functions that `mild export --format c` writes.
 *
 * The samples are those of `tests/support/src/window_log.rs`. Prints, for each row, whom the image asks
 * and the bits of all inputs: `row ROW EXPERT BITS...`. */
#include "mild.h"
#include "platform.h"
#include "stop.h"
#include "rejector.h"

enum { ROWS = 120, READINGS = 6, KINDS = 3 };

static mild_image image;
static uint32_t scratch[REJECTOR_SCRATCH_WORDS];
static rejector_window_sound sound;
static rejector_window_steady_hum hum;
static float inputs[REJECTOR_INPUTS];

static uint16_t scattered(uint32_t place) {
    return (uint16_t)((place * 2654435761u) & 0xFFFFu);
}

static int16_t reading(uint32_t row, uint32_t axis, uint32_t place) {
    return (int16_t)scattered(row * 7u + axis * 5u + place * 11u);
}

static float number(uint32_t row, uint32_t place) {
    return (float)scattered(row * 13u + place * 29u) / 256.0f;
}

static void print_bits(float number) {
    const union {
        float number;
        uint32_t bits;
    } both = {number};
    char digits[10] = " ";
    for (int i = 0; i < 8; i++) {
        digits[i + 1] = "0123456789abcdef"[(both.bits >> (28 - 4 * i)) & 15u];
    }
    digits[9] = '\0';
    platform_print(digits);
}

/* A sample that is no number is refused and not taken, and `init` forgets the samples before. */
static void refusals(void) {
    const union {
        uint32_t bits;
        float number;
    } none = {0x7FC00000u};
    bool ready = true;
    for (uint32_t time = 0; time < 2; time++) {
        must(rejector_window_steady_hum_init(&hum));
        if (rejector_window_steady_hum_push(&hum, none.number, inputs, &ready) !=
            MILD_STATUS_SAMPLE) {
            stop("a sample that is no number is taken");
        }
        for (uint32_t place = 0; place + 1 < REJECTOR_WINDOW_STEADY_HUM_LENGTH; place++) {
            must(rejector_window_steady_hum_push(&hum, 1.0f, inputs, &ready));
            if (ready) {
                stop("features before the last sample");
            }
        }
    }
    must(rejector_window_steady_hum_init(&hum));
}

static void row(uint32_t number_of_row) {
    bool of_sound = false, of_hum = false;
    for (uint32_t place = 0; place < READINGS; place++) {
        const int16_t sample[REJECTOR_WINDOW_SOUND_AXES] = {reading(number_of_row, 0, place),
                                                            reading(number_of_row, 1, place)};
        must(rejector_window_sound_push(&sound, sample, inputs, &of_sound));
    }
    for (uint32_t place = 0; place < REJECTOR_WINDOW_STEADY_HUM_LENGTH; place++) {
        must(rejector_window_steady_hum_push(&hum, number(number_of_row, place), inputs, &of_hum));
    }
    if (!of_sound || !of_hum) {
        stop("no features after the last sample");
    }
    inputs[REJECTOR_INPUT_T] = (float)number_of_row / 8.0f;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        inputs[REJECTOR_INPUT_KIND_0 + kind] = number_of_row % KINDS == kind ? 1.0f : 0.0f;
    }
    mild_decision decision = {0, MILD_LOCAL};
    must(mild_decide_f32(&image, inputs, REJECTOR_INPUTS, MILD_REACHABLE_ALL, scratch,
                         REJECTOR_SCRATCH_WORDS, &decision));
    platform_print("row ");
    platform_print_number(number_of_row);
    platform_print(" ");
    platform_print_number(decision.expert);
    for (size_t input = 0; input < REJECTOR_INPUTS; input++) {
        print_bits(inputs[input]);
    }
    platform_print("\n");
}

void run(void) {
    must(mild_image_open(&image, rejector_image, sizeof rejector_image));
    must(rejector_window_sound_init(&sound));
    refusals();
    for (uint32_t i = 0; i < ROWS; i++) {
        row(i);
    }
    platform_exit(true);
}
