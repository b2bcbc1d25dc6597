/* Runs an image over recorded inputs through the C library, and compares every result with those
 * that the host wrote into `vectors.bin` (`mild export --format vectors`).
 *
 * Ends with exit status 0 only if all are equal. Prints a line `check NAME: R rows, W wrong` for each
 * kind of result. */
#include "mild.h"
#include "platform.h"
#include "stop.h"

enum {
    MAX_INPUTS = 768, /* The smallest board has 16 KiB of RAM. */
    MAX_SCRATCH = 768,
    CODES = 0,
    READINGS = 1,
    FEATURES = 2
};

/* One kind of result. */
typedef struct {
    const char *name;
    uint32_t rows, wrong;
} check;

static check codes_check = {"codes", 0, 0}, scores_check = {"scores", 0, 0},
             decision_check = {"decision", 0, 0}, masked_check = {"masked", 0, 0};

static mild_image image;
static uint32_t scratch[MAX_SCRATCH];
static int8_t codes[MAX_INPUTS], own_codes[MAX_INPUTS];
static int32_t scores[MILD_MAX_EXPERTS];
/* A row has readings or features, never both. */
static union {
    int16_t readings[MAX_INPUTS];
    float features[MAX_INPUTS];
} input;

static void take(void *into, size_t size) {
    if (platform_read(into, size) != size) {
        stop("vectors.bin is too short");
    }
}

static uint32_t take_u32(void) {
    uint32_t number = 0;
    take(&number, sizeof number);
    return number;
}

/* Fields of a row end at a multiple of four bytes. */
static void take_padded(void *into, size_t size) {
    uint32_t padding = 0;
    take(into, size);
    take(&padding, (4u - size % 4u) % 4u);
}

static bool equal_bytes(const void *left, const void *right, size_t size) {
    const uint8_t *a = left, *b = right;
    size_t same = 0;
    while (same < size && a[same] == b[same]) {
        same++;
    }
    return same == size;
}

static void compare(check *of, bool equal) {
    of->rows++;
    of->wrong += equal ? 0u : 1u;
}

static mild_status score(uint8_t kind, size_t inputs, size_t words, mild_scores *into) {
    switch (kind) {
    case READINGS:
        return mild_scores_i16(&image, input.readings, inputs, scratch, words, into);
    case FEATURES:
        return mild_scores_f32(&image, input.features, inputs, scratch, words, into);
    default:
        return mild_scores_i8(&image, codes, inputs, scratch, words, into);
    }
}

static mild_status decide(uint8_t kind, size_t inputs, size_t words, uint32_t mask,
                          mild_decision *into) {
    switch (kind) {
    case READINGS:
        return mild_decide_i16(&image, input.readings, inputs, mask, scratch, words, into);
    case FEATURES:
        return mild_decide_f32(&image, input.features, inputs, mask, scratch, words, into);
    default:
        return mild_decide_i8(&image, codes, inputs, mask, scratch, words, into);
    }
}

/* `own_codes` are the codes of the row, made here. */
static void compare_codes(uint8_t kind, size_t inputs) {
    if (kind == READINGS) {
        must(mild_quantize_i16(&image, input.readings, inputs, own_codes));
    } else {
        must(mild_quantize_f32(&image, input.features, inputs, own_codes));
    }
    compare(&codes_check, equal_bytes(codes, own_codes, inputs));
}

/* A governor over all rows: expert `mask` says who answers. Every proposal and threshold goes into a
 * digest (FNV-1a), which the host computes, too. */
static mild_governor_settings settings;
static mild_governor governor;
static uint32_t digest = 2166136261u;

static void add_to_digest(uint32_t number) {
    digest = (digest ^ number) * 16777619u;
}

static void govern(const mild_scores *of, uint32_t mask) {
    mild_governor_input governed;
    mild_decision decision;
    uint32_t failed = 0;
    must(mild_governor_begin(&governor, of, &governed));
    for (;;) {
        must(mild_governor_propose(&governed, MILD_REACHABLE_ALL & ~failed, &decision));
        add_to_digest(decision.expert);
        const uint32_t bit = 1u << decision.expert;
        if (decision.expert == MILD_LOCAL || (mask & bit) != 0u) {
            break;
        }
        failed |= bit;
    }
    must(mild_governor_commit(&governed, decision.expert, failed));
    add_to_digest((uint32_t)mild_governor_threshold(&governor));
}

/* Prints the digest and the counters, after a save and a restoration. */
static void report_governor(void) {
    uint8_t state[MILD_GOVERNOR_STATE_BYTES];
    mild_governor_counters counters;
    must(mild_governor_save(&governor, state));
    must(mild_governor_restore(&governor, &settings, state));
    must(mild_governor_get_counters(&governor, &counters));
    platform_print("governor");
    const uint32_t numbers[4] = {digest, counters.decisions, counters.deferred,
                                 counters.withheld};
    for (int i = 0; i < 4; i++) {
        platform_print(" ");
        platform_print_number(numbers[i]);
    }
    platform_print("\n");
}

static void compare_row(size_t inputs, size_t experts, size_t words) {
    uint8_t head[4];
    take(head, sizeof head);
    const uint8_t kind = head[0], expert = head[1], masked_expert = head[2];
    const uint32_t mask = take_u32();
    const int32_t margin = (int32_t)take_u32();
    take(scores, experts * sizeof *scores);
    take_padded(codes, inputs);
    if (kind == READINGS) {
        take_padded(input.readings, inputs * sizeof *input.readings);
    } else if (kind == FEATURES) {
        take(input.features, inputs * sizeof *input.features);
    } else if (kind != CODES) {
        stop("a row of vectors.bin is of an unknown kind");
    }
    if (kind != CODES) {
        compare_codes(kind, inputs);
    }

    mild_scores found;
    bool equal = true;
    for (size_t i = 0; i < words; i++) {
        scratch[i] = 0xA5A55A5Au; /* Anything in the scratch must do. */
    }
    must(score(kind, inputs, words, &found));
    for (size_t i = 0; i < experts; i++) {
        int32_t one = 0;
        must(mild_scores_get(&found, (uint8_t)i, &one));
        equal = equal && one == scores[i];
    }
    compare(&scores_check, equal);
    govern(&found, mask);

    mild_decision decision;
    must(decide(kind, inputs, words, MILD_REACHABLE_ALL, &decision));
    compare(&decision_check, decision.expert == expert && decision.margin == margin);
    must(decide(kind, inputs, words, mask, &decision));
    compare(&masked_check, decision.expert == masked_expert);
}

static bool report(const check *of) {
    platform_print("check ");
    platform_print(of->name);
    platform_print(": ");
    platform_print_number(of->rows);
    platform_print(" rows, ");
    platform_print_number(of->wrong);
    platform_print(" wrong\n");
    return of->wrong == 0;
}

static size_t shared_inputs, shared_words;
static mild_decision last;

static void decide_once(void) {
    (void)mild_decide_i8(&image, codes, shared_inputs, MILD_REACHABLE_ALL, scratch, shared_words,
                         &last);
}

static void print_next(uint32_t number) {
    platform_print(" ");
    platform_print_number(number);
}

/* Prints what one decision on codes takes: instructions and their ticks, decisions and their ticks,
 * bytes of stack. */
static void count(size_t inputs, size_t words) {
    enum { INSTRUCTIONS = 100000, DECISIONS = 64 };
    shared_inputs = inputs;
    shared_words = words;
    uint32_t start = platform_ticks();
    platform_run_instructions(INSTRUCTIONS);
    const uint32_t calibration = (platform_ticks() - start) & 0x00FFFFFFu;
    start = platform_ticks();
    for (int i = 0; i < DECISIONS; i++) {
        decide_once();
    }
    const uint32_t ticks = (platform_ticks() - start) & 0x00FFFFFFu;
    platform_print("count");
    print_next(INSTRUCTIONS);
    print_next(calibration);
    print_next(DECISIONS);
    print_next(ticks);
    print_next(platform_stack_of(decide_once));
    platform_print("\n");
}

void run(void) {
    size_t slot = 0;
    const void *bytes = platform_image(&slot);
    must(mild_image_open_slot(&image, bytes, slot, NULL));
    const size_t inputs = mild_image_inputs(&image), experts = mild_image_experts(&image),
                 words = mild_image_scratch_words(&image);
    if (inputs > MAX_INPUTS || words > MAX_SCRATCH) {
        stop("the image is too large for this program");
    }
    if (!platform_open("vectors.bin")) {
        stop("cannot open vectors.bin");
    }
    uint8_t magic[4];
    uint16_t shape[4]; /* Version, inputs, experts, zero. */
    take(magic, sizeof magic);
    take(shape, sizeof shape);
    if (!equal_bytes(magic, "MVEC", 4) || shape[0] != 1 || shape[1] != inputs ||
        shape[2] != experts) {
        stop("vectors.bin is not of this image");
    }
    /* Numbers of no image: the range holds most advantages of each. */
    must(mild_governor_settings_init(&settings, -(1 << 20), 1 << 20, 1 << 14, 1u << 14, -(1 << 20),
                                     false));
    must(mild_governor_init(&governor, &settings));
    const uint32_t rows = take_u32();
    for (uint32_t row = 0; row < rows; row++) {
        compare_row(inputs, experts, words);
    }
    count(inputs, words);
    report_governor();
    bool good = report(&codes_check);
    good = report(&scores_check) && good;
    good = report(&decision_check) && good;
    good = report(&masked_check) && good;
    platform_exit(good && scores_check.rows > 0);
}
