/* Computes the window features of made-up samples, and prints a digest of each.
 *
 * The samples, and what goes into the digests, are those of `tests/support/src/windows.rs`: the lines
 * `i16`, `f32`, `disturbed i16` and `disturbed f32` must be what the crate has on the host. Before
 * them it checks what the functions refuse, and prints lines `stack FUNCTION BYTES`. */
#include "mild.h"
#include "platform.h"
#include "stop.h"

enum {
    SAMPLES = 3000,
    LONGEST = 256,
    SELDOM = 16,
    RARELY = 96,
    STATISTICS = 15,
    QUICK = 8, /* The first ones are asked for after every sample. */
    SPECTRAL = 9,
    COMPARED = STATISTICS + 2 + SPECTRAL,
    HISTORY = 5
};

static const mild_statistic statistics[STATISTICS] = {
    {MILD_STATISTIC_KIND_MEAN, 0},
    {MILD_STATISTIC_KIND_VARIANCE, 0},
    {MILD_STATISTIC_KIND_MINIMUM, 0},
    {MILD_STATISTIC_KIND_MAXIMUM, 0},
    {MILD_STATISTIC_KIND_PEAK_TO_PEAK, 0},
    {MILD_STATISTIC_KIND_RMS, 0},
    {MILD_STATISTIC_KIND_ZERO_CROSSINGS, 0},
    {MILD_STATISTIC_KIND_CREST_FACTOR, 0},
    {MILD_STATISTIC_KIND_SLOPE, 0},
    {MILD_STATISTIC_KIND_MEDIAN, 0},
    {MILD_STATISTIC_KIND_QUANTILE, 5},
    {MILD_STATISTIC_KIND_QUANTILE, 90},
    {MILD_STATISTIC_KIND_AUTOCORRELATION, 1},
    {MILD_STATISTIC_KIND_AUTOCORRELATION, 6},
    {MILD_STATISTIC_KIND_AUTOCORRELATION, 40},
};

static const mild_statistic variance = {MILD_STATISTIC_KIND_VARIANCE, 0};

static const mild_spectral_statistic spectral[SPECTRAL] = {
    {MILD_SPECTRAL_KIND_POWER, 0, 2, 5},
    {MILD_SPECTRAL_KIND_DOMINANT, 0, 0, 0},
    {MILD_SPECTRAL_KIND_CENTROID, 0, 0, 0},
    {MILD_SPECTRAL_KIND_DECIBELS, MILD_FUNCTIONS_LIBM, 2, 5},
    {MILD_SPECTRAL_KIND_ENTROPY, MILD_FUNCTIONS_LIBM, 0, 0},
    {MILD_SPECTRAL_KIND_FLATNESS, MILD_FUNCTIONS_LIBM, 0, 0},
    {MILD_SPECTRAL_KIND_DECIBELS, MILD_FUNCTIONS_MICROMATH, 2, 5},
    {MILD_SPECTRAL_KIND_ENTROPY, MILD_FUNCTIONS_MICROMATH, 0, 0},
    {MILD_SPECTRAL_KIND_FLATNESS, MILD_FUNCTIONS_MICROMATH, 0, 0},
};

static void expect(mild_status status, mild_status expected, const char *where) {
    if (status != expected) {
        platform_print(where);
        stop(": another status than expected");
    }
}

/* Samples of either kind. */
typedef union {
    int16_t reading;
    float number;
} sample;

typedef union {
    mild_window_i16 readings;
    mild_window_f32 numbers;
} window;

static bool of_readings, disturbed;

static union {
    int16_t readings[LONGEST];
    float numbers[LONGEST];
} memory;
static uint32_t places[2 * LONGEST];
static float room[LONGEST];
static window windows[3];
static mild_history history;
static float values[HISTORY];
static float found[3][STATISTICS];

/* Starts a window in the part of the memory from `first` on. */
static void start(window *of, size_t first, size_t length) {
    if (of_readings) {
        must(mild_window_i16_init(&of->readings, memory.readings + first, places + 2 * first, length));
    } else {
        must(mild_window_f32_init(&of->numbers, memory.numbers + first, places + 2 * first, length));
    }
}

static bool push(window *of, sample next) {
    const mild_status status = of_readings ? mild_window_i16_push(&of->readings, next.reading)
                                           : mild_window_f32_push(&of->numbers, next.number);
    if (status != MILD_STATUS_OK && status != MILD_STATUS_SAMPLE) {
        stop(mild_status_string(status));
    }
    return status == MILD_STATUS_OK;
}

static void features(const window *of, const mild_statistic *asked, size_t count, float *into) {
    must(of_readings ? mild_window_i16_features(&of->readings, asked, count, into)
                     : mild_window_f32_features(&of->numbers, asked, count, into));
}

static mild_status spectrum(const window *of, int32_t taper, const mild_sines *sines, size_t length,
                            float *into) {
    return of_readings ? mild_window_i16_spectrum(&of->readings, taper, sines, room, length, spectral,
                                                  SPECTRAL, into)
                       : mild_window_f32_spectrum(&of->numbers, taper, sines, room, length, spectral,
                                                  SPECTRAL, into);
}

static mild_status magnitude(const sample axes[3], float *into) {
    int16_t readings[3];
    float numbers[3];
    for (int i = 0; i < 3; i++) {
        if (of_readings) {
            readings[i] = axes[i].reading;
        } else {
            numbers[i] = axes[i].number;
        }
    }
    return of_readings ? mild_magnitude_i16(readings, 3, into)
                       : mild_magnitude_f32(numbers, 3, into);
}

static uint32_t random_state;

static uint32_t random_bits(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return random_state;
}

static uint32_t bits_of(float number) {
    const union {
        float number;
        uint32_t bits;
    } both = {number};
    return both.bits;
}

static float of_bits(uint32_t bits) {
    const union {
        uint32_t bits;
        float number;
    } both = {bits};
    return both.number;
}

static int16_t reading(uint32_t index, uint32_t random) {
    const uint32_t place = index % 50u;
    if (place < 2u) {
        return place == 0u ? INT16_MIN : INT16_MAX;
    }
    if (place < 5u) {
        return 0;
    }
    return place < 10u ? (int16_t)((int32_t)(random >> 30) - 1) : (int16_t)(random >> 16);
}

static float number(uint32_t index, uint32_t random) {
    uint32_t exponent = 118u + (index >> 4) % 16u;
    switch (index % 40u) {
    case 0: exponent = 0; break;
    case 1: exponent = 0xFFu; break;
    case 2: exponent = 0xFEu; break;
    case 3: exponent = 1; break;
    case 4: return -0.0f;
    default: break;
    }
    return of_bits((random & 0x80000000u) | (exponent << 23) | (random >> 9));
}

static float signal(uint32_t index, uint32_t random) {
    const uint32_t place = index % 1000u;
    if (place < 40u) {
        return number(index, random);
    }
    if (place < 100u) {
        return 0.1f;
    }
    const float usual = number(index % 35u + 5u, random);
    return place < 300u ? usual * 1e-18f : usual;
}

/* The next sample of the stream, for windows or for spectra. */
static sample next_sample(uint32_t index, bool for_spectra) {
    const uint32_t random = random_bits();
    const bool other = disturbed && index / 40u == 40u;
    sample next;
    if (of_readings) {
        next.reading = reading(index, random);
        if (other) {
            next.reading = (int16_t)~next.reading;
        }
    } else if (other) {
        next.number = 1.0f;
    } else {
        next.number = for_spectra ? signal(index, random) : number(index, random);
    }
    return next;
}

static uint32_t digests[COMPARED];

static void add(size_t place, uint32_t word) {
    digests[place] = (digests[place] ^ word) * 16777619u;
}

static void compare_windows(void) {
    static const size_t lengths[3] = {1, 7, 64}, first[3] = {0, 1, 8};
    sample before = {0};
    random_state = 1;
    for (int i = 0; i < 3; i++) {
        start(&windows[i], first[i], lengths[i]);
    }
    must(mild_history_init(&history, values, HISTORY));
    for (uint32_t index = 0; index < SAMPLES; index++) {
        const sample next = next_sample(index, false);
        const size_t asked = index % SELDOM == 0 ? STATISTICS : QUICK;
        bool taken = true;
        for (int i = 0; i < 3; i++) {
            taken = push(&windows[i], next) && taken;
            features(&windows[i], statistics, asked, found[i]);
        }
        for (size_t place = 0; place < asked; place++) {
            for (int i = 0; i < 3; i++) {
                add(place, bits_of(found[i][place]));
            }
            add(place, taken ? 1 : 0);
        }
        float value = 0;
        features(&windows[1], &variance, 1, &value);
        must(mild_history_push(&history, value));
        add(STATISTICS, bits_of(mild_history_change(&history)));
        add(STATISTICS, bits_of(mild_history_average(&history, (uint8_t)(index % 9u))));
        if (index == 0) {
            before = next;
        }
        const sample axes[3] = {before, next, before};
        float root = 0;
        const mild_status status = magnitude(axes, &root);
        add(STATISTICS + 1, status == MILD_STATUS_OK ? bits_of(root) : 0);
        before = next;
    }
}

static void compare_spectra(size_t length, const mild_sines *sines) {
    static const int32_t tapers[2] = {MILD_TAPER_NONE, MILD_TAPER_HANN};
    random_state = 2;
    start(&windows[0], 0, length);
    for (uint32_t index = 0; index < SAMPLES; index++) {
        const bool taken = push(&windows[0], next_sample(index, true));
        if (index % RARELY != RARELY - 1) {
            continue;
        }
        for (int i = 0; i < 2; i++) {
            const mild_status status = spectrum(&windows[0], tapers[i], sines, length, found[0]);
            if (status != MILD_STATUS_OK && status != MILD_STATUS_WINDOW_NOT_FULL) {
                stop(mild_status_string(status));
            }
            for (size_t place = 0; place < SPECTRAL; place++) {
                const bool full = status == MILD_STATUS_OK;
                add(STATISTICS + 2 + place, full ? bits_of(found[0][place]) : 0);
                add(STATISTICS + 2 + place, taken ? 1 : 0);
            }
        }
    }
}

static void print_hexadecimal(uint32_t word) {
    char digits[10] = " ";
    for (int i = 0; i < 8; i++) {
        digits[i + 1] = "0123456789abcdef"[(word >> (28 - 4 * i)) & 15u];
    }
    digits[9] = '\0';
    platform_print(digits);
}

static void report(bool readings, bool other) {
    of_readings = readings;
    disturbed = other;
    for (size_t place = 0; place < COMPARED; place++) {
        digests[place] = 2166136261u;
    }
    compare_windows();
    compare_spectra(16, &mild_sines_16);
    compare_spectra(64, &mild_sines_64);
    compare_spectra(256, &mild_sines_256);
    platform_print(other ? "disturbed " : "");
    platform_print(readings ? "i16" : "f32");
    for (size_t place = 0; place < COMPARED; place++) {
        print_hexadecimal(digests[place]);
    }
    platform_print("\n");
}

static void refusals(void) {
    const mild_statistic no_statistic[2] = {{MILD_STATISTIC_KIND_MEAN, 0}, {12, 0}};
    const mild_spectral_statistic no_functions = {MILD_SPECTRAL_KIND_ENTROPY, 2, 0, 0};
    mild_window_f32 *const of = &windows[0].numbers;
    float into[2] = {7, 7}, *const none = NULL;
    expect(mild_window_f32_init(of, memory.numbers, places, 0), MILD_STATUS_WINDOW_LENGTH, "init 0");
    expect(mild_window_f32_init(of, memory.numbers, places, MILD_WINDOW_SAMPLES + 1),
           MILD_STATUS_WINDOW_LENGTH, "init 65537");
    expect(mild_window_f32_init(of, none, places, 16), MILD_STATUS_NULL_POINTER, "init null");
    must(mild_window_f32_init(of, memory.numbers, places, 16));
    expect(mild_window_f32_push(NULL, 1), MILD_STATUS_NULL_POINTER, "push null");
    expect(mild_window_f32_push(of, of_bits(0x7FC00000u)), MILD_STATUS_SAMPLE, "push NaN");
    expect(mild_window_f32_features(of, no_statistic, 2, into), MILD_STATUS_STATISTIC, "features");
    if (into[0] < 7 || mild_window_f32_samples(of) != 0) {
        stop("a call that was refused has written something");
    }
    expect(mild_window_f32_spectrum(of, MILD_TAPER_HANN, &mild_sines_16, room, 16, spectral, 1, into),
           MILD_STATUS_WINDOW_NOT_FULL, "spectrum of few");
    for (int i = 0; i < 16; i++) {
        must(mild_window_f32_push(of, 1));
    }
    expect(mild_window_f32_spectrum(of, 2, &mild_sines_16, room, 16, spectral, 1, into),
           MILD_STATUS_STATISTIC, "taper");
    expect(mild_window_f32_spectrum(of, 0, &mild_sines_64, room, 16, spectral, 1, into),
           MILD_STATUS_WINDOW_LENGTH, "sines");
    expect(mild_window_f32_spectrum(of, 0, &mild_sines_16, room, 15, spectral, 1, into),
           MILD_STATUS_WINDOW_LENGTH, "room");
    expect(mild_window_f32_spectrum(of, 0, NULL, room, 16, spectral, 1, into),
           MILD_STATUS_NULL_POINTER, "no sines");
    expect(mild_window_f32_spectrum(of, 0, &mild_sines_16, room, 16, &no_functions, 1, into),
           MILD_STATUS_STATISTIC, "functions");
    expect(mild_history_init(&history, values, 1), MILD_STATUS_WINDOW_LENGTH, "history of 1");
    if (!mild_window_f32_is_full(of) || mild_window_f32_clear(of) != MILD_STATUS_OK ||
        mild_window_f32_samples(of) != 0 || mild_history_change(NULL) < 0) {
        stop("a window is not full, or not cleared");
    }
}

static sample some;

static void call_init(void) {
    start(&windows[0], 0, LONGEST);
}

static void call_push(void) {
    (void)push(&windows[0], some);
}

static void call_features(void) {
    features(&windows[0], statistics, STATISTICS, found[0]);
}

static void call_spectrum(void) {
    const mild_sines *const sines = &mild_sines_256;
    must(spectrum(&windows[0], MILD_TAPER_HANN, sines, LONGEST, found[0]));
}

static void call_magnitude(void) {
    const sample axes[3] = {some, some, some};
    must(magnitude(axes, found[0]));
}

static void call_history(void) {
    must(mild_history_init(&history, values, HISTORY));
    must(mild_history_push(&history, 1));
    found[0][0] = mild_history_change(&history) + mild_history_average(&history, 2);
}

static void stack_of(const char *function, void (*work)(void)) {
    platform_print("stack ");
    platform_print(function);
    platform_print(of_readings ? "-i16 " : "-f32 ");
    platform_print_number(platform_stack_of(work));
    platform_print("\n");
}

static void stacks(bool readings) {
    of_readings = readings;
    stack_of("init", call_init);
    random_state = 3;
    for (uint32_t index = 0; index < LONGEST; index++) {
        some = next_sample(7, false);
        call_push();
    }
    stack_of("push", call_push);
    stack_of("features", call_features);
    stack_of("spectrum", call_spectrum);
    stack_of("magnitude", call_magnitude);
    stack_of("history", call_history);
}

void run(void) {
    refusals();
    stacks(true);
    stacks(false);
    report(true, false);
    report(false, false);
    report(true, true);
    report(false, true);
    platform_exit(true);
}
